// The page that talks to models.
import * as api from './api.js';
import * as store from './store.js';
import { bytes, count, make, seconds } from './words.js';
import { pictureOf } from './pictures.js';

const at = id => document.getElementById(id);
const state = { models: [], talk: null, pending: [], running: null };

// ---- what is shown

function modelOf(name) {
  return state.models.find(model => model.id === name);
}

function columns() {
  return state.talk.models;
}

function drawTalks() {
  at('talks').replaceChildren(...store.all().filter(talk => talk.turns.length || talk === state.talk).map(talk => {
    const item = make('li', '', talk === state.talk ? 'chosen' : '');
    const title = make('button', talk.title || 'New conversation', 'title');
    title.type = 'button';
    title.title = talk.title;
    if (talk === state.talk) title.setAttribute('aria-current', 'true');
    title.addEventListener('click', () => { choose(talk); drawer(false); });
    const remove = make('button', '✕', 'remove');
    remove.type = 'button';
    remove.setAttribute('aria-label', `Remove ${talk.title || 'this conversation'}`);
    remove.addEventListener('click', () => {
      stop();
      store.remove(talk);
      if (talk === state.talk) choose(store.all()[0] || store.begin(usual()));
      drawTalks();
    });
    item.append(title, remove);
    return item;
  }));
}

function drawModels() {
  const options = () => state.models.map(model => new Option(model.id, model.id));
  at('model').replaceChildren(...options());
  at('other').replaceChildren(...options());
  const [first, second] = columns();
  at('model').value = first;
  at('other').value = second || state.models.find(model => model.id !== first)?.id || first;
  at('other').classList.toggle('hidden', !second);
  at('compare').setAttribute('aria-pressed', !!second);
  at('compare').classList.toggle('hidden', state.models.length < 2);
  document.body.classList.toggle('wide', !!second);
  at('pick').classList.toggle('hidden', columns().every(name => modelOf(name)?.carve?.pictures === false));
}

// a few tokens tell nothing about speed
const fast = answer => answer.pieces >= 5 ? answer.live?.tokens_per_second : 0;

// the last speed of a model in this conversation that tells something
function speedOf(model) {
  const known = state.talk.turns.flatMap(turn => turn.answers).findLast(answer => answer.model === model && fast(answer));
  return known ? fast(known) : 0;
}

function figures(answer) {
  const live = answer.live;
  const made = make('div', '', 'figures');
  if (!live) return made;
  if (fast(answer)) made.append(make('span', `${live.tokens_per_second} tokens/s`));
  if (live.first_token_seconds) made.append(make('span', `${seconds(live.first_token_seconds)} to the first`));
  made.append(make('span', `${count(live.context_length)} positions${live.cached_tokens ? `, ${count(live.cached_tokens)} known` : ''}`));
  if (live.state_bytes) made.append(make('span', bytes(live.state_bytes)));
  if (answer.finish === 'length') made.append(make('span', 'ended at the longest'));
  return made;
}

function drawAnswer(answer, coming) {
  const made = make('article', '', 'answer' + (coming ? ' coming' : ''));
  if (columns().length > 1 || state.models.length > 1) made.append(make('div', answer.model, 'who'));
  made.append(make('div', answer.text, 'words'));
  if (answer.error) made.append(make('div', answer.error, 'wrong'));
  made.append(figures(answer));
  return made;
}

function tool(text, title, action) {
  const made = make('button', text, 'bare');
  made.type = 'button';
  made.title = title;
  made.addEventListener('click', action);
  return made;
}

function drawTurn(turn, index) {
  const made = make('div', '', 'turn');
  const said = make('div', '', 'said');
  if (turn.pictures.length) {
    const shown = make('div', '', 'shown');
    turn.pictures.forEach(url => {
      const image = make('img');
      image.src = url;
      image.alt = 'the picture of this question';
      image.addEventListener('load', () => { if (image.naturalWidth < 100) image.className = 'tiny'; });
      shown.append(image);
    });
    said.append(shown);
  }
  said.append(make('div', turn.question, 'words'));
  const running = state.running?.turn === turn;
  const answers = make('div', '', 'answers' + (turn.answers.length > 1 ? ' two' : ''));
  turn.answers.forEach(answer => answers.append(drawAnswer(answer, running && !answer.finish && !answer.error)));
  made.append(said, answers);
  if (!running) {
    const tools = make('div', '', 'tools');
    tools.append(
      tool('Fork here', 'Go on from here in a new conversation; this one stays', () => fork(index)),
      tool('Ask otherwise', 'Change this question in a new conversation', () => edit(index)),
      tool('Copy', 'Copy the answer', () => navigator.clipboard?.writeText(turn.answers.map(answer => answer.text).join('\n\n'))));
    made.append(tools);
  }
  return made;
}

function welcome() {
  const made = make('div', '', 'welcome');
  const sees = columns().some(name => modelOf(name)?.carve?.pictures);
  made.append(make('h2', 'What would you like to know?'),
    make('p', sees ? 'Paste, drop or choose a picture, and ask about it.' : 'This model takes text.'));
  if (sees) {
    const ideas = make('div', '', 'ideas');
    const shapes = columns().some(name => modelOf(name)?.carve?.vocabulary < 1000);
    ['describe the picture', ...(shapes ? ['how many shapes are there?', 'what shape is green?'] : [])].forEach(idea => {
      ideas.append(tool(idea, '', () => { at('question').value = idea; grow(); at('question').focus(); }));
    });
    made.append(ideas);
  }
  return made;
}

function drawTurns() {
  const turns = at('turns');
  turns.replaceChildren(...(state.talk.turns.length ? state.talk.turns.map(drawTurn) : [welcome()]));
  turns.scrollTop = turns.scrollHeight;
  drawMeters();
}

// the last turn alone, while it comes
function drawLast() {
  const turns = at('turns');
  const near = turns.scrollHeight - turns.scrollTop - turns.clientHeight < 160;
  const index = state.talk.turns.length - 1;
  turns.lastElementChild.replaceWith(drawTurn(state.talk.turns[index], index));
  if (near) turns.scrollTop = turns.scrollHeight;
  drawMeters();
}

const FAR = 16384;

// what a model remembers, now and far on, beside attention in every layer
function drawMeter(answer, named) {
  const { context_length: length, state_bytes: own, teacher_cache_bytes: teacher } = answer.live;
  const about = modelOf(answer.model)?.carve;
  const speed = speedOf(answer.model);
  const carved = about && about.cache_bytes_per_token < about.teacher_cache_bytes_per_token;
  const far = about && about.state_bytes_at_1024 + (FAR - 1024) * about.cache_bytes_per_token;
  const made = make('div', '', 'meter');
  const line = make('div', '', 'line');
  const left = make('span');
  left.append(named ? answer.model + ' ' : '', ...(speed ? [make('b', String(speed)), ' tokens/s at '] : []), make('b', count(length)), ' positions');
  const right = make('span');
  right.append('remembers in ', make('b', bytes(own)), carved ? `, the teacher in ${bytes(teacher)}` : '');
  line.append(left, right);
  made.append(line);
  if (carved) {
    const gauge = make('div', '', 'gauge');
    const filled = make('i');
    filled.style.width = `${teacher ? Math.min(100, own / teacher * 100) : 100}%`;
    gauge.append(filled);
    gauge.setAttribute('role', 'img');
    gauge.setAttribute('aria-label', `memory ${bytes(own)}, of the teacher ${bytes(teacher)}`);
    made.append(gauge);
  }
  if (about) {
    const then = carved ? `, the teacher in ${bytes(FAR * about.teacher_cache_bytes_per_token)}` : '';
    made.append(make('div', `at ${count(FAR)} positions in ${bytes(far)}${then}`, 'far'));
  }
  return made;
}

function drawMeters() {
  const answers = (state.talk.turns.at(-1)?.answers || []).filter(answer => answer.live?.context_length);
  at('meters').replaceChildren(...answers.map(answer => drawMeter(answer, answers.length > 1)));
}

function drawPending() {
  at('pictures').replaceChildren(...state.pending.map((url, i) => {
    const made = make('div');
    const image = make('img');
    image.src = url;
    image.alt = `picture ${i + 1} of the next question`;
    const remove = make('button', '✕');
    remove.type = 'button';
    remove.setAttribute('aria-label', `Remove picture ${i + 1}`);
    remove.addEventListener('click', () => { state.pending.splice(i, 1); drawPending(); at('question').focus(); });
    made.append(image, remove);
    return made;
  }));
}

function drawSend() {
  at('send').textContent = state.running ? '■' : '↑';
  at('send').setAttribute('aria-label', state.running ? 'End the answer' : 'Send');
}

function draw() {
  drawTalks();
  drawModels();
  drawTurns();
  drawPending();
  drawSend();
}

function problem(text) {
  at('problem').textContent = text;
  at('problem').classList.toggle('hidden', !text);
}

// ---- what is done

function usual() {
  const kept = JSON.parse(localStorage.getItem('carve-models') || '[]').filter(modelOf);
  return kept.length ? kept : state.models.slice(-1).map(model => model.id);
}

function choose(talk) {
  if (state.talk !== talk) stop();
  talk.models = talk.models.filter(modelOf);
  if (!talk.models.length) talk.models = usual();
  state.talk = talk;
  location.replace('#' + talk.id);
  problem('');
  draw();
}

function begin() {
  const empty = store.all().find(talk => !talk.turns.length);
  choose(empty || store.begin(state.talk ? columns() : usual(), [], state.talk?.settings));
  at('question').focus();
}

function fork(index) {
  const talk = state.talk;
  const name = `${talk.title.replace(/ \(fork( \d+)?\)$/, '')} (fork)`;
  choose(store.begin(columns(), talk.turns.slice(0, index + 1), talk.settings, name));
  at('question').focus();
}

function edit(index) {
  const talk = state.talk;
  const turn = talk.turns[index];
  choose(store.begin(columns(), talk.turns.slice(0, index), talk.settings, index ? `${talk.title} (fork)` : ''));
  state.pending = [...turn.pictures];
  at('question').value = turn.question;
  drawPending();
  grow();
  at('question').focus();
}

function stop() {
  state.running?.controller.abort();
}

function request(talk, column, name) {
  const { temperature, maxTokens, seed } = talk.settings;
  return {
    model: name,
    messages: store.messages(talk, talk.turns.length - 1, column),
    ...(temperature !== undefined && temperature !== '' ? { temperature: +temperature } : {}),
    ...(maxTokens ? { max_tokens: +maxTokens } : {}),
    ...(seed !== undefined && seed !== '' ? { seed: +seed } : {}),
  };
}

async function answer(talk, turn, column, controller) {
  const own = turn.answers[column];
  const show = () => { if (state.talk === talk && state.running?.turn === turn) schedule(); };
  try {
    const finish = await api.ask(request(talk, column, own.model), controller.signal, (text, live) => {
      own.text += text;
      own.pieces = (own.pieces || 0) + (text ? 1 : 0);
      own.live = live || own.live;
      show();
    });
    own.finish = finish || 'stop';
  } catch (e) {
    own.finish = 'ended';
    if (e.name !== 'AbortError') own.error = e.message;
    if (e.status === 401) askKey();
  }
  show();
}

let scheduled = false;
function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => { scheduled = false; drawLast(); });
}

async function ask() {
  const question = at('question').value.trim();
  if (state.running) { stop(); return; }
  if (!question && !state.pending.length) return;
  const talk = state.talk;
  const turn = { question, pictures: state.pending, answers: columns().map(model => ({ model, text: '' })) };
  state.pending = [];
  at('question').value = '';
  grow();
  talk.title ||= question.slice(0, 60) || 'a picture';
  talk.turns.push(turn);
  const controller = new AbortController();
  state.running = { turn, controller };
  store.keep(talk);
  draw();
  await Promise.all(turn.answers.map((_, column) => answer(talk, turn, column, controller)));
  state.running = null;
  if (!store.keep(talk)) problem('This browser has no room for more; remove conversations that are no longer wanted.');
  if (state.talk === talk) { drawLast(); drawTalks(); }
  drawSend();
}

async function add(files) {
  for (const file of files) {
    try {
      state.pending.push(await pictureOf(file));
      problem('');
    } catch (e) {
      problem(e.message);
    }
  }
  drawPending();
  at('question').focus();
}

function grow() {
  const field = at('question');
  field.style.height = 'auto';
  field.style.height = field.scrollHeight + 'px';
}

function drawer(open) {
  at('side').classList.toggle('open', open);
  at('shade').classList.toggle('hidden', !open);
  if (open) at('close-side').focus();
}

function compare() {
  const [first, second] = columns();
  const other = state.models.find(model => model.id !== first);
  if (!other) return;
  state.talk.models = second ? [first] : [first, other.id];
  remember();
}

function remember() {
  localStorage.setItem('carve-models', JSON.stringify(columns()));
  store.keep();
  drawModels();
  if (!state.talk.turns.length) drawTurns();
}

function theme() {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const now = document.documentElement.dataset.theme || (dark ? 'dark' : 'light');
  document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark';
  localStorage.setItem('carve-theme', document.documentElement.dataset.theme);
}

function askKey() {
  at('key-box').showModal();
  at('key-box').addEventListener('close', () => { api.setKey(at('key').value); open(); }, { once: true });
}

const SETTINGS = { system: 'system', temperature: 'temperature', 'max-tokens': 'maxTokens', seed: 'seed' };

function openSettings() {
  for (const [id, key] of Object.entries(SETTINGS)) at(id).value = state.talk.settings[key] ?? '';
  at('settings-box').showModal();
}

at('settings-box').addEventListener('input', () => {
  for (const [id, key] of Object.entries(SETTINGS)) state.talk.settings[key] = at(id).value;
  store.keep();
});

// ---- what people do

at('ask').addEventListener('submit', event => { event.preventDefault(); ask(); });
at('question').addEventListener('input', grow);
at('question').addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); if (!state.running) ask(); }
});
at('new').addEventListener('click', () => { begin(); drawer(false); });
at('pick').addEventListener('click', () => at('file').click());
at('file').addEventListener('change', async () => { await add([...at('file').files]); at('file').value = ''; });
at('model').addEventListener('change', () => { state.talk.models[0] = at('model').value; remember(); });
at('other').addEventListener('change', () => { state.talk.models[1] = at('other').value; remember(); });
at('compare').addEventListener('click', compare);
at('settings').addEventListener('click', openSettings);
at('keys').addEventListener('click', () => at('keys-box').showModal());
at('theme').addEventListener('click', theme);
at('open-side').addEventListener('click', () => drawer(true));
at('close-side').addEventListener('click', () => { drawer(false); at('open-side').focus(); });
at('shade').addEventListener('click', () => drawer(false));
document.addEventListener('paste', event => {
  const files = [...event.clipboardData.files].filter(file => file.type.startsWith('image/'));
  if (files.length) { event.preventDefault(); add(files); }
});
for (const [name, dropping] of [['dragover', true], ['dragleave', false], ['drop', false]]) {
  document.addEventListener(name, event => {
    event.preventDefault();
    document.body.classList.toggle('dropping', dropping);
    if (name === 'drop') add([...event.dataTransfer.files].filter(file => file.type.startsWith('image/')));
  });
}
document.addEventListener('keydown', event => {
  if (document.querySelector('dialog[open]')) return;
  const typing = /^(TEXTAREA|INPUT|SELECT)$/.test(document.activeElement?.tagName);
  if (event.key === 'Escape') { stop(); drawer(false); }
  else if (event.key === '/' && !typing) { event.preventDefault(); at('question').focus(); }
  else if (event.altKey && event.code === 'KeyN') { event.preventDefault(); begin(); }
  else if (event.altKey && event.code === 'KeyC') { event.preventDefault(); compare(); }
  else if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    event.preventDefault();
    const shown = store.all().filter(talk => talk.turns.length || talk === state.talk);
    const next = shown[shown.indexOf(state.talk) + (event.key === 'ArrowUp' ? -1 : 1)];
    if (next) choose(next);
  }
});

async function open() {
  try {
    state.models = await api.models();
    choose(store.find(location.hash.slice(1)) || store.all()[0] || store.begin(usual()));
    at('question').focus();
    at('runs').classList.toggle('hidden', !await api.runs());
  } catch (e) {
    if (e.status === 401) askKey();
    else problem(`The server does not answer: ${e.message}`);
  }
}

if (localStorage.getItem('carve-theme')) document.documentElement.dataset.theme = localStorage.getItem('carve-theme');
open();
