// The icons of the sprite, by their name in @tabler/icons (outline). `{% icon "mail" %}` takes any of these.
export const icons = `
layout-dashboard users users-group user user-circle user-check user-off user-plus filter route mail mailbox mail-opened mail-check
mail-off mail-forward send checks check x plus minus search download upload chevron-right chevron-left chevron-down chevron-up
menu-2 logout login key language calendar calendar-event clock hourglass alarm history refresh repeat rotate shopping-bag
shopping-cart receipt receipt-refund message message-circle bell player-play player-pause player-stop git-branch arrows-split
arrow-right arrow-left arrow-up arrow-down arrow-back-up external-link eye eye-off pencil trash copy lock lock-open shield-check
shield-lock shield-x cake gift heart heart-handshake chart-line chart-bar chart-pie chart-dots target target-arrow percentage
currency-euro coin coins tag tags category building-store device-mobile phone map-pin world flask flask-2 flag door-exit
door-enter ban hand-stop moon sun scale list list-check list-details table file-text file-code code bolt database server
settings adjustments help info-circle alert-triangle alert-circle circle circle-check circle-dashed circle-x star trophy zzz
trending-up trending-down dots test-pipe click mouse id rosette stairs seedling plant wand sparkles affiliate wave-sine
headset heartbeat file-import file-export plug-connected plug webhook git-merge link unlink building mood-smile thumb-up
file-type-pdf file-spreadsheet fingerprint address-book cookie chart-donut gauge archive arrows-join home-2 map-pin-off mail-x
phone-off user-x users-plus inbox tool shield message-2 star-half credit-card briefcase player-track-next bug columns chart-sankey chart-scatter chart-histogram bulb variable versions
`.trim().split(/\s+/);
