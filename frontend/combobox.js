// A field one types in to choose from a list: the combobox pattern of ARIA over a plain <select>, a text field, or a
// <textarea> of values one a line. These stay what the form sends, and what one uses where no script runs.
let made = 0;

export function fold(text) {
  return text.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').replaceAll('œ', 'oe').replaceAll('Œ', 'oe').toLowerCase();
}

function element(name, attributes, ...inside) {
  const one = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) one.setAttribute(key, value);
  one.append(...inside);
  return one;
}

// What a list says aloud: one place for all of them, outside what the server replaces.
function tell(said, text) {
  if (said.status) said.status.textContent = text;
}

// A list under `input`. `find(text)` gives the groups to show, `choose(option)` takes one; `isStrict`: nothing but what
// is listed may be chosen, so the best match is marked while one types. `left()` is told when the field is left.
function attach(input, { find, choose, left, isStrict, said }) {
  const id = `combo-${(made += 1)}`;
  const list = element('div', { id, role: 'listbox', 'aria-label': input.getAttribute('aria-label'), class: 'combo-list' });
  const none = element('p', { class: 'combo-none' }, said.none);
  const popup = element('div', { class: 'combo-popup', hidden: '' }, list, none);
  input.parentElement.append(popup);
  for (const [key, value] of Object.entries({
    role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': id, autocomplete: 'off',
    autocapitalize: 'off', spellcheck: 'false',
  })) input.setAttribute(key, value);
  let shown = [];
  let active = -1;
  let asked = 0;

  function isOpen() {
    return !popup.hidden;
  }

  function close() {
    asked += 1;
    popup.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
    active = -1;
  }

  async function open(text, mark = 0) {
    const mine = (asked += 1);
    const groups = await find(text);
    if (mine !== asked || document.activeElement !== input) return;
    shown = [];
    list.replaceChildren(...groups.map(drawn));
    const has = shown.length > 0;
    if (!has && !isStrict) return close();
    list.hidden = !has;
    none.hidden = has;
    popup.hidden = false;
    settle(has);
    input.setAttribute('aria-expanded', String(has));
    move(has ? mark : -1);
    tell(said, has ? said.many.replace('{n}', shown.length) : said.none);
  }

  // Above the field where there is more room, and never beyond the window's edge.
  function settle(has) {
    popup.classList.remove('is-above');
    popup.style.translate = '';
    const { bottom, height, right } = popup.getBoundingClientRect();
    popup.classList.toggle('is-above', has && bottom > innerHeight && input.getBoundingClientRect().top > height);
    const beyond = right - document.documentElement.clientWidth + 8;
    if (beyond > 0) popup.style.translate = `${-beyond}px`;
  }

  function drawn(group) {
    const options = group.options.map((option) => {
      const place = shown.push(option) - 1;
      const help = option.help ? [element('span', { class: 'combo-help' }, option.help)] : [];
      return element('div', {
        role: 'option', id: `${id}-${place}`, class: 'combo-option', 'data-place': place,
        'aria-selected': String(Boolean(option.isChosen)),
      }, element('span', {}, option.title), ...help);
    });
    if (!group.title) return element('div', { role: 'presentation' }, ...options);
    const title = element('div', { class: 'combo-group', role: 'presentation', id: `${id}-g${shown.length}` }, group.title);
    return element('div', { role: 'group', 'aria-labelledby': title.id }, title, ...options);
  }

  function move(to) {
    list.querySelector('.is-active')?.classList.remove('is-active');
    active = to;
    const one = to < 0 ? null : list.querySelector(`[data-place="${to}"]`);
    if (!one) return input.removeAttribute('aria-activedescendant');
    one.classList.add('is-active');
    input.setAttribute('aria-activedescendant', one.id);
    if (one.parentElement.firstElementChild.nextElementSibling === one) list.scrollTop = one.parentElement.offsetTop;
    return one.scrollIntoView({ block: 'nearest' });
  }

  function take(option) {
    close();
    choose(option);
  }

  function chosenPlace() {
    return Math.max(0, shown.findIndex((option) => option.isChosen));
  }

  async function arrow(by) {
    if (isOpen()) return shown.length ? move((active + by + shown.length + (active < 0 && by < 0)) % shown.length) : undefined;
    await open(isStrict ? '' : input.value);
    return isOpen() && shown.length ? move(isStrict ? chosenPlace() : by > 0 ? 0 : shown.length - 1) : undefined;
  }

  const keys = {
    ArrowDown: () => arrow(1),
    ArrowUp: () => arrow(-1),
    Enter: () => {
      if (isOpen() && active >= 0) return take(shown[active]);
      close();
      return left('Enter');
    },
    Escape: () => {
      close();
      left('Escape');
    },
  };
  input.addEventListener('keydown', (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Tab' && isOpen() && isStrict && active >= 0 && input.value !== input.dataset.before) take(shown[active]);
    if (!keys[event.key] || (event.key === 'Escape' && !isOpen())) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
  input.addEventListener('input', (event) => {
    if (!input.name) event.stopPropagation(); // what is sought is no part of the form
    open(input.value, isStrict ? 0 : -1);
  });
  input.addEventListener('focus', () => { input.dataset.before = input.value; if (isStrict) input.select(); });
  input.addEventListener('click', () => { if (!isOpen()) open(isStrict ? '' : input.value, -1).then(() => isStrict && isOpen() && shown.length && move(chosenPlace())); });
  input.addEventListener('blur', () => { close(); left('blur'); });
  popup.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const one = event.target.closest('[data-place]');
    if (one) take(shown[Number(one.dataset.place)]);
  });
  input.addEventListener('cordiale:seek', () => open(input.value));
}

// How well an option fits what was typed: 0 best, null not at all.
function rank(option, text, words) {
  const title = fold(option.title);
  if (title.startsWith(text)) return 0;
  if (words.every((word) => ` ${title}`.includes(` ${word}`))) return 1;
  if (words.every((word) => title.includes(word))) return 2;
  return words.every((word) => option.words.includes(word)) ? 3 : null;
}

function fitting(groups, typed) {
  const text = fold(typed.trim());
  const words = text.split(/\s+/).filter(Boolean);
  if (!words.length) return groups;
  const found = groups.map((group) => {
    const ranked = group.options.map((option) => ({ option, at: rank(option, text, words) })).filter((one) => one.at !== null);
    ranked.sort((one, other) => one.at - other.at);
    return { title: group.title, options: ranked.map((one) => one.option), at: ranked[0]?.at ?? 9 };
  });
  return found.filter((group) => group.options.length).sort((one, other) => one.at - other.at);
}

// A <select> as a field that filters its options; `help` tells of each value.
export function choice(select, { said, help = {} }) {
  const groups = () => {
    const read = (title, options) => ({
      title,
      options: [...options].filter((one) => one.value).map((one) => ({
        value: one.value, title: one.text, help: help[one.value] ?? '', isChosen: one.selected,
        words: fold(`${one.text} ${title} ${help[one.value] ?? ''} ${one.value}`),
      })),
    });
    const loose = [...select.children].filter((one) => one.tagName === 'OPTION');
    const own = [...select.querySelectorAll('optgroup')].map((one) => read(one.label, one.children));
    return [read('', loose), ...own].filter((group) => group.options.length);
  };
  const chosen = () => (select.value ? select.selectedOptions[0].text : '');
  const input = element('input', {
    type: 'text', class: `${select.className} combo-input`, 'data-combo-of': select.name,
    'aria-label': select.getAttribute('aria-label'), placeholder: select.querySelector('option[value=""]')?.text ?? '',
  });
  input.value = chosen();
  select.hidden = true;
  select.after(element('span', { class: 'combo' }, input));
  attach(input, {
    said, isStrict: true, find: (text) => fitting(groups(), text),
    choose: (option) => {
      input.value = option.title;
      input.dataset.before = option.title; // chosen, no longer sought: the list stays closed when the face is drawn anew
      if (select.value === option.value) return;
      select.value = option.value;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    },
    left: () => { input.value = chosen(); },
  });
}

// A text field with values to propose: others may be typed as well.
export function free(input, { said, propose }) {
  const box = element('span', { class: 'combo' });
  input.replaceWith(box);
  box.append(input);
  const taken = () => {
    input.dataset.before = input.value;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  let isTaking = false;
  attach(input, {
    said, find: (text) => (isTaking ? [] : propose(text)),
    choose: (option) => {
      isTaking = true; // the event that tells the form would open the list again
      input.value = option.value;
      taken();
      isTaking = false;
    },
    left: () => {},
  });
}

// Several values: each a chip that can be taken away, and a field to add one. The <textarea> keeps them, one a line.
export function several(area, { said, propose }) {
  const values = () => area.value.split('\n').map((one) => one.trim()).filter(Boolean);
  const input = element('input', {
    type: 'text', class: 'input', 'data-combo-of': area.name, 'aria-label': area.getAttribute('aria-label'),
    placeholder: said.add, autocomplete: 'off', spellcheck: 'false',
  });
  const chips = element('ul', { class: 'chips', 'aria-label': said.chosen });
  const box = element('div', { class: 'combo combo-many' }, chips, input);
  area.hidden = true;
  area.after(box);
  const draw = () => {
    chips.hidden = !values().length;
    chips.replaceChildren(...values().map((value) => element('li', {}, element('span', {}, value),
      element('button', { type: 'button', 'data-value': value, 'aria-label': said.remove.replace('{value}', value) }, '×'))));
  };
  const keep = (next) => {
    area.value = next.join('\n');
    draw();
    area.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const add = (texts) => {
    const fresh = texts.map((one) => one.trim()).filter((one, place, all) => one && all.indexOf(one) === place && !values().includes(one));
    input.value = '';
    if (!fresh.length) return;
    keep([...values(), ...fresh]);
    tell(said, said.added.replace('{value}', fresh.join(', ')));
  };
  chips.addEventListener('click', (event) => {
    const value = event.target.closest('button')?.dataset.value;
    if (value === undefined) return;
    keep(values().filter((one) => one !== value));
    tell(said, said.takenOut.replace('{value}', value));
    input.focus();
  });
  input.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text') ?? '';
    if (!text.includes('\n')) return;
    event.preventDefault();
    add(text.split('\n'));
  });
  draw();
  const without = async (text) => {
    const groups = propose ? await propose(text) : [];
    return groups.map((group) => ({ ...group, options: group.options.filter((one) => !values().includes(one.value)) }))
      .filter((group) => group.options.length);
  };
  attach(input, {
    said, find: without, choose: (option) => add([option.value]),
    left: (how) => { if (how !== 'Escape') add([input.value]); },
  });
}
