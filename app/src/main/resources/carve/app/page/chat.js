// The chat page: its buttons and keys, and what they do.
import * as api from './api.js';
import * as store from './store.js';
import { ask, draw, stop } from './ask.js';
import { askKey } from './dialogs.js';
import { drawPending, grow } from './input.js';
import { act, at, columns, modelOf, problem, state } from './state.js';
import { drawModels, drawConversations, drawer } from './conversations.js';
import { drawTurns } from './turns.js';

function usual() {
  const kept = JSON.parse(localStorage.getItem('carve-models') || '[]').filter(modelOf);
  return kept.length ? kept : state.models.slice(-1).map(model => model.id);
}

function choose(conversation) {
  if (state.conversation !== conversation) stop();
  conversation.models = conversation.models.filter(modelOf);
  if (!conversation.models.length) conversation.models = usual();
  state.conversation = conversation;
  location.replace('#' + conversation.id);
  problem('');
  draw();
}

function begin() {
  const empty = store.all().find(conversation => !conversation.turns.length);
  choose(empty || store.begin(state.conversation ? columns() : usual(), [], state.conversation?.settings));
  at('question').focus();
}

function fork(index) {
  const conversation = state.conversation;
  const name = `${conversation.title.replace(/ \(fork( \d+)?\)$/, '')} (fork)`;
  const forked = store.begin(columns(), conversation.turns.slice(0, index + 1), conversation.settings, name);
  choose(forked);
  at('question').focus();
  save(forked);
}

// the server saves the state of each model at the fork; without it, the whole conversation is sent
async function save(conversation) {
  const system = conversation.settings.system || '';
  const turns = conversation.turns.length;
  const saved = conversation.models.map(async (model, column) => {
    const id = await api.save(model, store.messages(conversation, turns, column));
    return id ? { id, model, column, turns, system } : null;
  });
  conversation.states = (await Promise.all(saved)).filter(one => one);
  if (store.find(conversation.id)) store.keep();
  else conversation.states.forEach(one => api.forget(one.id));
}

function remove(conversation) {
  if (conversation === state.conversation) stop();
  store.remove(conversation).forEach(api.forget);
  if (conversation === state.conversation) choose(store.all()[0] || store.begin(usual()));
  drawConversations();
}

function edit(index) {
  const conversation = state.conversation;
  const turn = conversation.turns[index];
  choose(store.begin(columns(), conversation.turns.slice(0, index), conversation.settings, index ? `${conversation.title} (fork)` : ''));
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
  state.conversation.models = second ? [first] : [first, other.id];
  remember();
}

function remember() {
  localStorage.setItem('carve-models', JSON.stringify(columns()));
  store.keep();
  drawModels();
  if (!state.conversation.turns.length) drawTurns();
}

at('ask').addEventListener('submit', event => { event.preventDefault(); ask(); });
at('question').addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); if (!state.running) ask(); }
});
at('new').addEventListener('click', () => { begin(); drawer(false); });
at('model').addEventListener('change', () => { state.conversation.models[0] = at('model').value; remember(); });
at('other').addEventListener('change', () => { state.conversation.models[1] = at('other').value; remember(); });
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
    const shown = store.all().filter(conversation => conversation.turns.length || conversation === state.conversation);
    const next = shown[shown.indexOf(state.conversation) + (event.key === 'ArrowUp' ? -1 : 1)];
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
    else problem(`The server does not respond: ${e.message}`);
  }
}

Object.assign(act, { choose, remove, fork, edit, suggest, open });
open();
