// The page tag of a company's own site: pages, products, carts and the time content is read, sent to the event API.
//
//   <script async src="https://events.example.org/tag.js" data-key="…" data-consent="required"></script>
//
// With data-consent="required" (the default) nothing is kept on the visitor's device and nothing is sent until
// `cordiale.consent(true)`; a refusal is remembered for six months. "exempt" is for sites that need no consent.
// One classic script without imports: it is served as it is built, to pages we know nothing about.
(() => {
  const script = document.currentScript;
  if (!script || !script.dataset.key || window.cordiale?.version) return;
  const VERSION = '1';
  const endpoint = new URL('v1/batch', script.src).href;
  const key = script.dataset.key;
  const needsConsent = script.dataset.consent !== 'exempt';
  const ID = 'cordiale_id', CHOICE = 'cordiale_consent', USER = 'cordiale_user', UNSENT = 'cordiale_unsent';
  const DAY = 86_400, THIRTEEN_MONTHS = 395 * DAY, SIX_MONTHS = 182 * DAY; // what CNIL recommends at most
  const HELD_AT_MOST = 50, IDLE_AFTER = 30_000, BATCH_BYTES = 60_000; // browsers refuse larger keep-alive bodies
  const started = window.cordiale;

  const cookie = (name) => document.cookie.split('; ').find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const setCookie = (name, value, seconds) => {
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `${name}=${value}; Max-Age=${seconds}; Path=/; SameSite=Lax${secure}`;
  };
  const stored = (name, value) => { // private windows and embedded pages may refuse storage: then memory has to do
    try {
      if (value === undefined) return sessionStorage.getItem(name);
      if (value === null) sessionStorage.removeItem(name); else sessionStorage.setItem(name, value);
    } catch { return null; }
    return value;
  };
  const uuid = () => crypto.randomUUID?.() ?? // absent on pages without https
    [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

  let choice = needsConsent ? { 1: true, 0: false }[cookie(CHOICE)] : true;
  if (choice === undefined && navigator.globalPrivacyControl) choice = false;
  let anonymousId = (choice && cookie(ID)) || uuid();
  let userId = (choice && stored(USER)) || undefined;
  let held = choice ? JSON.parse(stored(UNSENT) || '[]') : [];
  let timer = 0, failures = 0, under = false;

  const remember = () => {
    if (!cookie(ID)) setCookie(ID, anonymousId, THIRTEEN_MONTHS); // never prolonged by a later visit
    if (userId) stored(USER, userId);
  };
  const forget = () => {
    setCookie(ID, '', 0);
    [USER, UNSENT].forEach((name) => stored(name, null));
  };

  const campaign = () => {
    const found = [...new URLSearchParams(location.search)].filter(([name]) => name.startsWith('utm_'));
    return found.length ? { campaign: Object.fromEntries(found.map(([name, value]) => [name.slice(4), value])) } : {};
  };
  const add = (type, fields) => {
    if (choice === false) return;
    held.push({
      type, messageId: uuid(), anonymousId, userId, timestamp: new Date().toISOString(), ...fields,
      context: {
        library: { name: 'cordiale-tag', version: VERSION }, locale: navigator.language,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        page: { url: location.href, path: location.pathname, title: document.title }, ...campaign(),
      },
    });
    held = held.slice(-HELD_AT_MOST);
    if (choice) soon(200);
  };
  const soon = (wait) => { timer ||= setTimeout(() => { timer = 0; send(); }, wait); };

  const take = () => {
    let size = 0;
    const count = held.findIndex((one) => (size += JSON.stringify(one).length) > BATCH_BYTES);
    return held.slice(0, count < 0 ? held.length : Math.max(count, 1));
  };
  const body = (batch) => // text/plain with the key inside spares the browser's preflight request
    new Blob([JSON.stringify({ batch, writeKey: key, sentAt: new Date().toISOString() })], { type: 'text/plain' });
  const drop = (batch) => { held = held.filter((one) => !batch.includes(one)); };
  const send = async () => {
    if (!choice || under || !held.length) return;
    const batch = take();
    under = true;
    try {
      const answer = await fetch(endpoint, { method: 'POST', body: body(batch), keepalive: true, credentials: 'omit' });
      if (answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status));
      drop(batch); // what was refused as wrong stays wrong
      failures = 0;
      stored(UNSENT, null);
    } catch { // sent again with the same messageId: it counts once
      failures += 1;
      if (choice) stored(UNSENT, JSON.stringify(held));
    } finally { under = false; }
    if (held.length) soon(Math.min(1_000 * 2 ** failures, 60_000));
  };
  const sendNow = () => { // the page goes away: an answer could not be read any more
    if (!choice || !held.length) return;
    const batch = take();
    if (navigator.sendBeacon(endpoint, body(batch))) { drop(batch); stored(UNSENT, null); }
    else stored(UNSENT, JSON.stringify(held));
  };

  // What the page says of itself: its own data attributes first, then what search engines read too.
  const meta = (name) => document.querySelector(`meta[property="${name}"], meta[name="${name}"]`)?.content || undefined;
  const linked = () => [...document.querySelectorAll('script[type="application/ld+json"]')].flatMap((one) => {
    try {
      const value = JSON.parse(one.textContent);
      return [value, ...(value['@graph'] || [])].flat();
    } catch { return []; }
  });
  const isA = (one, type) => [one?.['@type']].flat().includes(type);
  const described = () => ({
    category: document.body.dataset.cordialeCategory || meta('article:section'),
    topic: document.body.dataset.cordialeTopic || meta('article:tag'),
  });
  const product = () => {
    const one = linked().find((each) => isA(each, 'Product'));
    if (!one) return undefined;
    const offer = [one.offers].flat()[0] || {};
    return {
      product_id: String(one.productID || one.sku || one['@id'] || one.name), sku: one.sku, name: one.name,
      category: typeof one.category === 'string' ? one.category : one.category?.name, brand: one.brand?.name || one.brand,
      price: Number(offer.price ?? offer.lowPrice) || undefined, currency: offer.priceCurrency, url: location.href,
    };
  };

  // Reading: seconds in which the page is visible and somebody scrolls, types or points at least every half minute.
  let reading = null, lastActive = 0, lastSecond = 0;
  const isContent = () =>
    meta('og:type') === 'article' || linked().some((one) => ['Article', 'BlogPosting', 'NewsArticle'].some((type) => isA(one, type)))
    || document.body.dataset.cordialeContent !== undefined || document.querySelector('article') !== null;
  const beginReading = () => {
    reading = isContent() ? { seconds: 0, scrolled: 0, title: document.title, url: location.href, path: location.pathname, ...described() } : null;
    lastActive = lastSecond = Date.now();
  };
  const readOn = () => {
    const now = Date.now();
    if (reading && document.visibilityState === 'visible' && now - lastActive < IDLE_AFTER) {
      reading.seconds += Math.min((now - lastSecond) / 1_000, 2); // a computer that slept did not read
      const height = document.documentElement.scrollHeight - innerHeight;
      reading.scrolled = Math.max(reading.scrolled, height > 0 ? Math.min(scrollY / height, 1) : 1);
    }
    lastSecond = now;
  };
  const endReading = () => {
    readOn();
    if (!reading || reading.seconds < 5) return;
    add('track', { event: 'Content Read', properties: { ...reading, seconds: Math.round(reading.seconds), scrolled: Number(reading.scrolled.toFixed(2)) } });
    reading.seconds = 0; // who comes back reads on: seconds add up
  };

  let shown = '';
  const page = (properties = {}) => {
    endReading();
    shown = location.href;
    const about = described();
    add('page', {
      name: document.title,
      properties: { title: document.title, url: location.href, path: location.pathname, search: location.search, referrer: document.referrer, ...about, ...properties },
    });
    const seen = product();
    if (seen) add('track', { event: 'Product Viewed', properties: seen });
    beginReading();
  };
  const moved = () => { if (location.href.split('#')[0] !== shown.split('#')[0]) setTimeout(page, 0); };
  for (const name of ['pushState', 'replaceState']) {
    const original = history[name];
    history[name] = function wrapped(...values) { original.apply(this, values); moved(); };
  }

  const api = {
    version: VERSION,
    page,
    track: (event, properties = {}) => add('track', { event, properties }),
    identify: (id, traits = {}) => {
      userId = id === undefined || id === null ? undefined : String(id);
      if (choice) remember();
      add('identify', { traits });
    },
    consent: (isGiven) => {
      choice = Boolean(isGiven);
      if (needsConsent) setCookie(CHOICE, choice ? 1 : 0, SIX_MONTHS);
      if (choice) { remember(); soon(0); } else { held = []; forget(); }
    },
    reset: () => {
      forget();
      userId = undefined;
      anonymousId = uuid();
      if (choice) remember();
    },
    push: ([name, ...values]) => api[name](...values),
  };
  window.cordiale = api;
  if (choice) remember();

  addEventListener('popstate', moved);
  // <button data-cordiale-event="Product Added" data-cordiale-product_id="12" data-cordiale-price="9.90">
  addEventListener('click', (event) => {
    const from = event.target.closest?.('[data-cordiale-event]');
    if (!from) return;
    const properties = {};
    for (const { name, value } of from.attributes) {
      if (name.startsWith('data-cordiale-') && name !== 'data-cordiale-event') {
        properties[name.slice(14)] = value !== '' && /^-?\d+(\.\d+)?$/.test(value) && !name.endsWith('_id') ? Number(value) : value;
      }
    }
    api.track(from.dataset.cordialeEvent, properties);
  }, true);
  for (const name of ['scroll', 'keydown', 'pointermove', 'pointerdown', 'touchstart']) {
    addEventListener(name, () => { readOn(); lastActive = Date.now(); }, { passive: true, capture: true });
  }
  setInterval(readOn, 1_000);
  addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') { endReading(); sendNow(); } else lastActive = lastSecond = Date.now(); });
  addEventListener('pagehide', () => { endReading(); sendNow(); });

  const begin = () => {
    page();
    if (Array.isArray(started)) started.forEach(api.push); // asked for before this script was there
  };
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', begin); else begin();
})();
