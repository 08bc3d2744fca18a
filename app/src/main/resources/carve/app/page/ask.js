// Sends questions to models, and shows their answers.
import * as api from './api.js';
import * as store from './store.js';
import { askKey } from './dialogs.js';
import { drawPending, grow } from './input.js';
import { at, columns, problem, state } from './state.js';
import { drawModels, drawConversations } from './conversations.js';
import { drawLast, drawTurns } from './turns.js';

/** Draws all of the conversation that is shown. */
export function draw() {
  drawConversations();
  drawModels();
  drawTurns();
  drawPending();
  drawSend();
}

function drawSend() {
  at('send').textContent = state.running ? '■' : '↑';
  at('send').setAttribute('aria-label', state.running ? 'Stop generating' : 'Send');
}

/** Stops the running answer. */
export function stop() {
  state.running?.controller.abort();
}

// if the server has saved the state before a fork, only later messages are sent
function request(conversation, column, name) {
  const { temperature, maxTokens, seed } = conversation.settings;
  const kept = store.kept(conversation, column, name);
  return {
    model: name,
    messages: store.messages(conversation, conversation.turns.length - 1, column, kept?.turns || 0),
    ...(kept ? { carve: { state: kept.id } } : {}),
    ...(temperature !== undefined && temperature !== '' ? { temperature: +temperature } : {}),
    ...(maxTokens ? { max_tokens: +maxTokens } : {}),
    ...(seed !== undefined && seed !== '' ? { seed: +seed } : {}),
  };
}

// if the server no longer has a state, the whole conversation is sent
async function send(conversation, column, name, signal, told) {
  const asked = request(conversation, column, name);
  try {
    return await api.ask(asked, signal, told);
  } catch (e) {
    if (e.status !== 404 || !asked.carve) throw e;
    conversation.states = [];
    return api.ask(request(conversation, column, name), signal, told);
  }
}

async function answer(conversation, turn, column, controller) {
  const own = turn.answers[column];
  const show = () => { if (state.conversation === conversation && state.running?.turn === turn) schedule(); };
  try {
    const finish = await send(conversation, column, own.model, controller.signal, (text, live) => {
      own.text += text;
      own.pieces = (own.pieces || 0) + (text ? 1 : 0);
      own.live = live || own.live;
      show();
    });
    own.finish = finish || 'stop';
  } catch (e) {
    own.finish = 'ended';
    own.unsent = e instanceof TypeError && !own.text;
    if (e.name !== 'AbortError') own.error = e instanceof TypeError ? 'The server does not respond.' : e.message;
    if (e.status === 401) askKey();
  }
  show();
}

let scheduled = false;
function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => { scheduled = false; if (state.conversation.turns.length) drawLast(); });
}

// a question that did not reach the server is put back into the input
function takeBack(conversation, turn) {
  conversation.turns = conversation.turns.filter(other => other !== turn);
  if (state.conversation !== conversation) return;
  if (!at('question').value) at('question').value = turn.question;
  state.pending = [...turn.pictures, ...state.pending];
  problem('The server does not respond; try again later.');
  grow();
  draw();
}

/** Sends the question in the input, or stops the running answer. */
export async function ask() {
  const question = at('question').value.trim();
  if (state.running) { stop(); return; }
  if (!question && !state.pending.length) return;
  const conversation = state.conversation;
  const turn = { question, pictures: state.pending, answers: columns().map(model => ({ model, text: '' })) };
  state.pending = [];
  at('question').value = '';
  problem('');
  grow();
  conversation.title ||= question.slice(0, 60) || 'a picture';
  conversation.turns.push(turn);
  const controller = new AbortController();
  state.running = { turn, controller };
  store.keep(conversation);
  draw();
  await Promise.all(turn.answers.map((_, column) => answer(conversation, turn, column, controller)));
  state.running = null;
  const unsent = turn.answers.every(one => one.unsent);
  if (unsent) takeBack(conversation, turn);
  if (!store.keep(conversation)) problem('The storage of this browser is full; remove conversations that you no longer need.');
  if (state.conversation === conversation && !unsent) { drawLast(); drawConversations(); }
  drawSend();
}
