import './css/app.css';
import htmx from 'htmx.org';

window.htmx = htmx;

// The CSRF cookie is HttpOnly: the token travels in a <meta>.
document.addEventListener('htmx:config:request', (event) => {
  const token = document.querySelector('meta[name=csrf]')?.content;
  if (token) event.detail.ctx.request.headers['X-CSRFToken'] = token;
});

// A form marked data-submit-on-change needs no button where scripts run.
document.addEventListener('change', (event) => {
  const form = event.target.closest('form[data-submit-on-change]');
  if (form) form.requestSubmit();
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') closeMenus(null);
  if (event.key === 'k' && (event.ctrlKey || event.metaKey)) focusSearch(event);
});
document.addEventListener('click', (event) => closeMenus(event.target));

function closeMenus(inside) {
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    if (inside && menu.contains(inside)) continue;
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus && !inside) menu.querySelector('summary').focus();
  }
}

function focusSearch(event) {
  const search = [...document.querySelectorAll('input[data-find]')].find((field) => field.checkVisibility());
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
}

// Charts weigh more than everything else together: they are loaded only where there is one.
async function drawCharts(root) {
  const places = root.querySelectorAll('[data-chart]:not([data-ready])');
  if (!places.length) return;
  const { draw } = await import('./charts.js');
  places.forEach(draw);
}
drawCharts(document);
document.addEventListener('htmx:after:swap', () => drawCharts(document));

// The segment builder, where there is one.
const builder = document.querySelector('form[data-builder]');
const saved = document.querySelector('[data-clears-draft]');
if (builder || saved) import('./segments.js').then(({ start, clear }) => (builder ? start(builder) : clear(saved)));

// An answer that htmx does not swap (5xx) and a lost connection are said in words.
function say(text) {
  const place = document.getElementById('toasts');
  if (!place || !text) return;
  const toast = document.createElement('p');
  toast.className = 'toast';
  toast.textContent = text;
  place.replaceChildren(toast);
  setTimeout(() => toast.remove(), 8000);
}
document.addEventListener('htmx:response:error', (event) => {
  if (event.detail.ctx.response?.raw?.status >= 500) say(document.body.dataset.serverError);
});
document.addEventListener('htmx:error', () => say(document.body.dataset.networkError));
