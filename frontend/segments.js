// The segment builder. The server holds the rules of the language: every change is sent to it, and its answer is shown.
// What is kept here is the history (undo, redo) and the draft, in localStorage: they survive a reload, a closed tab and
// a cut network, and a server that keeps a row a keystroke has nothing to gain from them.
import { choice, free, several } from './combobox.js';

const DEEP = 50;
const KEPT = 'cordiale:segment:';

// A page that shows what was just saved says whose drafts have served.
export function clear(place) {
  for (const key of place.dataset.clearsDraft.split(' ')) localStorage.removeItem(KEPT + key);
}

export function start(form) {
  const $ = (selector) => form.querySelector(selector);
  const face = $('#face');
  const key = KEPT + form.dataset.key;
  form.elements.editor.value = `${form.dataset.key}:${crypto.randomUUID?.() ?? Date.now()}`;
  const revision = form.elements.revision.value;
  let changes = 0; // counts what was typed, to know whether an answer is of before
  let building = null;
  let counting = null;
  let waiting = null;
  let past = [entry()];
  let place = 0;

  // What one chooses from long lists, and from values that the server knows
  const spoken = {
    none: form.dataset.saidNone, many: form.dataset.saidMany, add: form.dataset.saidAdd, chosen: form.dataset.saidChosen,
    remove: form.dataset.saidRemove, added: form.dataset.saidAdded, takenOut: form.dataset.saidTakenOut,
    status: $('#combo-status'),
  };
  const help = JSON.parse(document.getElementById('subject-help')?.textContent ?? '{}');
  const known = new Map();

  async function values(asked, text) {
    const query = `${asked}&${new URLSearchParams({ q: text.trim() })}`;
    if (known.has(query)) return known.get(query);
    await new Promise((done) => { setTimeout(done, text ? 150 : 0); });
    const answer = await fetch(`${form.dataset.values}?${query}`).catch(() => null);
    if (!answer?.ok) return [];
    const { values: found } = await answer.json();
    const groups = found.length ? [{ title: '', options: found.map((one) => ({ value: one.value, title: one.value, help: one.said })) }] : [];
    known.set(query, groups);
    return groups;
  }

  function enhance() {
    for (const one of face.querySelectorAll('select[data-searched]')) choice(one, { said: spoken, help });
    for (const one of face.querySelectorAll('textarea[data-several]')) {
      const asked = one.dataset.suggest;
      several(one, { said: spoken, propose: asked ? (text) => values(asked, text) : null });
    }
    for (const one of face.querySelectorAll('input[data-suggest]')) free(one, { said: spoken, propose: (text) => values(one.dataset.suggest, text) });
  }

  // What works is told on the form: for styles, and for whoever waits.
  let working = 0;
  async function busily(work) {
    working += 1;
    tellBusy();
    try {
      return await work();
    } finally {
      working -= 1;
      tellBusy();
    }
  }
  function tellBusy() {
    form.toggleAttribute('data-busy', working > 0 || waiting !== null);
  }

  function outline() {
    return face.querySelector('#outline')?.value ?? '';
  }

  function entry() {
    return { face: form.elements.face.value, outline: outline(), text: form.elements.expression?.value ?? '' };
  }

  function body(extra) {
    const data = new FormData(form);
    data.set('outline', outline());
    for (const [name, value] of Object.entries(extra ?? {})) data.set(name, value);
    return data;
  }

  async function post(address, data, signal) {
    const token = document.querySelector('meta[name=csrf]')?.content ?? '';
    const answer = await fetch(address, {
      method: 'POST', body: data, signal, headers: { 'X-CSRFToken': token, 'HX-Request': 'true' },
    });
    const elsewhere = answer.headers.get('HX-Redirect');
    if (elsewhere) location.assign(elsewhere);
    const isJson = answer.headers.get('Content-Type')?.includes('json');
    return { status: answer.status, ...(isJson ? await answer.json() : {}) };
  }

  // A change: the server reads all fields, does what the button says, and gives the face anew. What was typed
  // while it answered is not overwritten: the fields then stand for themselves and are sent again.
  function build(change = {}) {
    return busily(() => rebuild(change));
  }

  async function rebuild({ verb = '', data = null, reshapes = true, remembers = true }) {
    clearTimeout(waiting);
    waiting = null;
    building?.abort();
    counting?.abort();
    building = new AbortController();
    const before = changes;
    try {
      const state = await post(form.dataset.build, data ?? body(verb ? { do: verb } : {}), building.signal);
      if (state.status !== 200) return said(form.dataset.saidSlow);
      if (before !== changes && !verb && !data) return undefined;
      if (reshapes) show(state);
      tell(state);
      if (remembers) remember();
      busily(() => count(state.is_sound));
      if (verb.startsWith('remove')) toast();
    } catch (error) {
      if (error.name !== 'AbortError') said(form.dataset.saidSlow);
    }
    return undefined;
  }

  function show(state) {
    const focused = document.activeElement;
    const held = face.contains(focused) ? {
      name: focused.dataset.comboOf ?? focused.name, verb: focused.dataset.do, at: focused.selectionStart,
      sought: focused.dataset.comboOf && focused.value !== focused.dataset.before ? focused.value : null,
    } : null;
    const counts = new Map([...face.querySelectorAll('[data-count-of]')].map((one) => [one.dataset.countOf, one.textContent]));
    face.innerHTML = state.html;
    enhance();
    for (const one of face.querySelectorAll('[data-count-of]')) one.textContent = counts.get(one.dataset.countOf) ?? '';
    focus(state.focus, held);
  }

  function focus(wanted, held) {
    if (wanted !== '-') {
      const part = face.querySelector(`[data-part="${CSS.escape(wanted || '0.')}"]`);
      const field = part?.querySelector('.combo > .rule-about') ?? part?.querySelector('select, button');
      (field ?? face.querySelector('[data-do^="add@"]'))?.focus();
      return;
    }
    if (!held) return;
    const again = held.name ? face.querySelector(`[data-combo-of="${CSS.escape(held.name)}"]`)
      ?? face.querySelector(`[name="${CSS.escape(held.name)}"]:not([type=hidden])`)
      : face.querySelector(`[data-do="${CSS.escape(held.verb ?? '')}"]`) ?? face.querySelector('[aria-pressed=true]');
    again?.focus();
    if (again && held.sought !== null) {
      again.value = held.sought;
      again.dispatchEvent(new Event('cordiale:seek'));
    }
    if (again && held.at != null && again.setSelectionRange) again.setSelectionRange(held.at, held.at);
  }

  function tell(state) {
    const kept = face.querySelector('#outline');
    if (kept) kept.value = JSON.stringify(state.outline);
    for (const one of face.querySelectorAll('[data-problem-of]')) one.textContent = state.problems[one.dataset.problemOf] ?? '';
    for (const one of face.querySelectorAll('[data-gap-of]')) one.textContent = state.gaps[one.dataset.gapOf] ?? '';
    const fault = face.querySelector('#fault');
    if (fault) fault.innerHTML = state.fault_html;
    form.elements.expression?.toggleAttribute('aria-invalid', Boolean(state.fault_html));
    face.querySelector('#unfinished')?.toggleAttribute('hidden', !Object.keys(state.problems).length);
    if (state.is_sound) $('#sentence').textContent = state.sentence;
    $('#sentence').classList.toggle('is-stale', !state.is_sound);
    form.classList.remove('is-tested');
    for (const one of face.querySelectorAll('[data-held-of]')) one.replaceChildren();
  }

  // The number there was stays until the next one comes.
  async function count(isSound) {
    form.classList.add('is-stale');
    if (!isSound) return said($('.builder-total') ? form.dataset.saidUnfinished : '');
    said(form.dataset.saidStale);
    counting?.abort();
    const mine = new AbortController();
    counting = mine;
    try {
      const found = await post(form.dataset.count, body(), mine.signal);
      if (mine.signal.aborted || found.status === 409) return undefined;
      if (found.status !== 200) return said(form.dataset.saidSlow);
      $('#counts').innerHTML = found.panel;
      for (const one of face.querySelectorAll('[data-count-of]')) one.textContent = found.rules[one.dataset.countOf] ?? '';
      form.classList.remove('is-stale');
      said('');
    } catch (error) {
      if (error.name !== 'AbortError') said(form.dataset.saidSlow);
    }
    return undefined;
  }

  function said(text) {
    $('#count-state').textContent = text;
  }

  // History

  function remember() {
    const now = entry();
    const last = past[place];
    if (now.face === last.face && now.outline === last.outline && now.text === last.text) return;
    past = [...past.slice(0, place + 1), now].slice(-DEEP - 1);
    place = past.length - 1;
    keep();
  }

  function keep() {
    $('[data-undo]').disabled = place === 0;
    $('[data-redo]').disabled = place === past.length - 1;
    const at = new Date();
    try {
      localStorage.setItem(key, JSON.stringify({ revision, past, place, at: at.getTime(), names: names() }));
      $('#kept').textContent = form.dataset.saidKept.replace('{time}', clock(at));
    } catch {
      $('#kept').textContent = form.dataset.saidLost;
    }
  }

  function clock(at) {
    return at.toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  }

  function names() {
    return Object.fromEntries(['title_fr', 'title_en', 'name'].map((one) => [one, form.elements[one]?.value ?? '']));
  }

  function bring(step) {
    const data = new FormData();
    data.set('editor', form.elements.editor.value);
    data.set('face', step.face);
    data.set('outline', step.outline || '{}');
    data.set('expression', step.text);
    return build({ data, remembers: false });
  }

  async function go(by) {
    if (waiting) await build({ reshapes: false });
    const next = place + by;
    if (next < 0 || next >= past.length) return;
    place = next;
    await bring(past[place]);
    keep();
  }

  async function restore() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(key));
    } catch {
      kept = null;
    }
    if (!kept?.past?.length || form.hasAttribute('data-refused')) return false;
    past = kept.past;
    place = kept.place;
    for (const [name, value] of Object.entries(kept.names ?? {})) if (form.elements[name]) form.elements[name].value = value;
    const told = document.querySelector('#draft-notice span');
    const text = kept.revision === revision ? told.dataset.restored : told.dataset.outdated;
    told.textContent = text.replace('{time}', clock(new Date(kept.at)));
    document.getElementById('draft-notice').hidden = false;
    await bring(past[place]);
    keep();
    return true;
  }

  function toast() {
    const all = document.getElementById('toasts');
    const one = document.createElement('div');
    one.className = 'toast';
    const undo = document.createElement('button');
    undo.type = 'button';
    undo.className = 'btn btn-small';
    undo.textContent = form.dataset.saidUndo;
    undo.addEventListener('click', () => { one.remove(); go(-1); });
    one.append(form.dataset.saidRemoved, undo);
    all.replaceChildren(one);
    setTimeout(() => one.remove(), 8000);
  }

  // A customer

  function test(more) {
    return busily(() => ask(more));
  }

  async function ask(more) {
    const found = await post(form.dataset.test, body(more));
    if (found.status !== 200) return;
    $('#tested').innerHTML = found.panel;
    for (const one of face.querySelectorAll('[data-held-of]')) {
      const held = found.rules[one.dataset.heldOf];
      one.textContent = held === undefined ? '' : held ? '✓' : '✗';
      one.classList.toggle('holds', held === true);
    }
  }

  // What people do

  form.addEventListener('input', (event) => {
    if (event.target.closest('#face')) {
      changes += 1;
      if (event.target.hasAttribute('data-reshapes')) return;
      clearTimeout(waiting);
      waiting = setTimeout(() => { waiting = null; build({ reshapes: false }); }, 400);
      tellBusy();
    } else if (['title_fr', 'title_en', 'name'].includes(event.target.name)) keep();
  });
  form.addEventListener('change', (event) => {
    if (event.target.closest('#face') && event.target.hasAttribute('data-reshapes')) {
      waiting = null;
      build();
    }
  });
  form.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if (button.dataset.do) build({ verb: button.dataset.do });
    else if (button.hasAttribute('data-undo')) go(-1);
    else if (button.hasAttribute('data-redo')) go(1);
    else if (button.hasAttribute('data-test-find')) test({ q: $('[data-test-q]').value });
    else if (button.dataset.testCustomer) test({ customer: button.dataset.testCustomer });
  });
  form.addEventListener('keydown', (event) => {
    const isField = event.target.matches('input:not([type=checkbox]), select');
    if (event.key === 'Enter' && isField) {
      event.preventDefault();
      if (event.target.matches('[data-test-q]')) test({ q: event.target.value });
    }
    const isUndo = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey);
    if (isUndo && event.target.closest('#face, .builder-tools') && !event.target.matches('textarea')) {
      event.preventDefault();
      go(event.shiftKey ? 1 : -1);
    }
    const part = event.target.closest('[data-part]')?.dataset.part;
    if (event.altKey && part && part !== '0.' && ['ArrowUp', 'ArrowDown'].includes(event.key)) {
      event.preventDefault();
      build({ verb: `${event.key === 'ArrowUp' ? 'up' : 'down'}@${part}` });
    }
  });
  form.addEventListener('formdata', (event) => event.formData.set('outline', outline()));
  document.querySelector('[data-discard]').addEventListener('click', () => {
    localStorage.removeItem(key);
    location.reload();
  });
  if (form.hasAttribute('data-refused')) keep();

  enhance();
  busily(restore).then((isRestored) => { if (!isRestored && !form.hasAttribute('data-refused')) build({ reshapes: false, remembers: false }); });
  if (form.hasAttribute('data-refused')) build({ reshapes: false, remembers: false });
}
