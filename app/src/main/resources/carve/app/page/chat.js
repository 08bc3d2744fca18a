// The page that talks to models: what people do, and what follows.
import * as api from './api.js';
import * as store from './store.js';
import { ask, draw, stop } from './ask.js';
import { askKey } from './dialogs.js';
import { drawPending, grow } from './field.js';
import { act, at, columns, modelOf, problem, state } from './state.js';
import { drawModels, drawTalks, drawer } from './talks.js';
import { drawTurns } from './turns.js';

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
  const forked = store.begin(columns(), talk.turns.slice(0, index + 1), talk.settings, name);
  choose(forked);
  at('question').focus();
  save(forked);
}

// the server keeps what each model remembers at the fork; one that keeps nothing is sent all that was said
async function save(talk) {
  const system = talk.settings.system || '';
  const turns = talk.turns.length;
  const saved = talk.models.map(async (model, column) => {
    const id = await api.save(model, store.messages(talk, turns, column));
    return id ? { id, model, column, turns, system } : null;
  });
  talk.states = (await Promise.all(saved)).filter(one => one);
  if (store.find(talk.id)) store.keep();
  else talk.states.forEach(one => api.forget(one.id));
}

function remove(talk) {
  if (talk === state.talk) stop();
  store.remove(talk).forEach(api.forget);
  if (talk === state.talk) choose(store.all()[0] || store.begin(usual()));
  drawTalks();
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

function suggest(question) {
  at('question').value = question;
  grow();
  at('question').focus();
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

at('ask').addEventListener('submit', event => { event.preventDefault(); ask(); });
at('question').addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); if (!state.running) ask(); }
});
at('new').addEventListener('click', () => { begin(); drawer(false); });
at('model').addEventListener('change', () => { state.talk.models[0] = at('model').value; remember(); });
at('other').addEventListener('change', () => { state.talk.models[1] = at('other').value; remember(); });
at('compare').addEventListener('click', compare);
at('open-side').addEventListener('click', () => drawer(true));
at('close-side').addEventListener('click', () => { drawer(false); at('open-side').focus(); });
at('shade').addEventListener('click', () => drawer(false));
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

Object.assign(act, { choose, remove, fork, edit, suggest, open });
open();
