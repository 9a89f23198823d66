// Sends COUNT track calls and one of each other kind with Segment's Node client: node node_send.js HOST KEY COUNT
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 5, flushInterval: 50, maxRetries: 20 })
for (let i = 0; i < Number(count); i++) analytics.track({ userId: `u${i}`, event: 'Sent', properties: { i } })
analytics.identify({ userId: 'u1', anonymousId: 'b1', traits: { email: 'u1@example.fr', firstName: 'Una' } })
analytics.page({ anonymousId: 'b1', name: 'Home', properties: { url: 'https://www.example.fr/' } })
analytics.screen({ userId: 'u1', name: 'Basket' })
analytics.group({ userId: 'u1', groupId: 'g1', traits: { plan: 'gold' } })
analytics.alias({ userId: 'u1', previousId: 'b2' })
await analytics.closeAndFlush({ timeout: 120_000 })
