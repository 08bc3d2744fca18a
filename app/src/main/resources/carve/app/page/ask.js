// Asks models, and shows what comes.
import * as api from './api.js';
import * as store from './store.js';
import { askKey } from './dialogs.js';
import { drawPending, grow } from './field.js';
import { at, columns, problem, state } from './state.js';
import { drawModels, drawTalks } from './talks.js';
import { drawLast, drawTurns } from './turns.js';

/** Draws all of the conversation that is shown. */
export function draw() {
  drawTalks();
  drawModels();
  drawTurns();
  drawPending();
  drawSend();
}

function drawSend() {
  at('send').textContent = state.running ? '■' : '↑';
  at('send').setAttribute('aria-label', state.running ? 'End the answer' : 'Send');
}

/** Ends what is asked. */
export function stop() {
  state.running?.controller.abort();
}

// where the server keeps the state of what was said before a fork, only what came later is sent
function request(talk, column, name) {
  const { temperature, maxTokens, seed } = talk.settings;
  const kept = store.kept(talk, column, name);
  return {
    model: name,
    messages: store.messages(talk, talk.turns.length - 1, column, kept?.turns || 0),
    ...(kept ? { carve: { state: kept.id } } : {}),
    ...(temperature !== undefined && temperature !== '' ? { temperature: +temperature } : {}),
    ...(maxTokens ? { max_tokens: +maxTokens } : {}),
    ...(seed !== undefined && seed !== '' ? { seed: +seed } : {}),
  };
}

// a state that the server no longer has is forgotten, and all is sent
async function send(talk, column, name, signal, told) {
  const asked = request(talk, column, name);
  try {
    return await api.ask(asked, signal, told);
  } catch (e) {
    if (e.status !== 404 || !asked.carve) throw e;
    talk.states = [];
    return api.ask(request(talk, column, name), signal, told);
  }
}

async function answer(talk, turn, column, controller) {
  const own = turn.answers[column];
  const show = () => { if (state.talk === talk && state.running?.turn === turn) schedule(); };
  try {
    const finish = await send(talk, column, own.model, controller.signal, (text, live) => {
      own.text += text;
      own.pieces = (own.pieces || 0) + (text ? 1 : 0);
      own.live = live || own.live;
      show();
    });
    own.finish = finish || 'stop';
  } catch (e) {
    own.finish = 'ended';
    own.unsent = e instanceof TypeError && !own.text;
    if (e.name !== 'AbortError') own.error = e instanceof TypeError ? 'The server does not answer.' : e.message;
    if (e.status === 401) askKey();
  }
  show();
}

let scheduled = false;
function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => { scheduled = false; if (state.talk.turns.length) drawLast(); });
}

// a question that no server has seen is in the field again
function takeBack(talk, turn) {
  talk.turns = talk.turns.filter(other => other !== turn);
  if (state.talk !== talk) return;
  if (!at('question').value) at('question').value = turn.question;
  state.pending = [...turn.pictures, ...state.pending];
  problem('The server does not answer; ask again when it does.');
  grow();
  draw();
}

/** Asks what is in the field; while an answer comes, ends it. */
export async function ask() {
  const question = at('question').value.trim();
  if (state.running) { stop(); return; }
  if (!question && !state.pending.length) return;
  const talk = state.talk;
  const turn = { question, pictures: state.pending, answers: columns().map(model => ({ model, text: '' })) };
  state.pending = [];
  at('question').value = '';
  problem('');
  grow();
  talk.title ||= question.slice(0, 60) || 'a picture';
  talk.turns.push(turn);
  const controller = new AbortController();
  state.running = { turn, controller };
  store.keep(talk);
  draw();
  await Promise.all(turn.answers.map((_, column) => answer(talk, turn, column, controller)));
  state.running = null;
  const unsent = turn.answers.every(one => one.unsent);
  if (unsent) takeBack(talk, turn);
  if (!store.keep(talk)) problem('This browser has no room for more; remove conversations that are no longer wanted.');
  if (state.talk === talk && !unsent) { drawLast(); drawTalks(); }
  drawSend();
}
