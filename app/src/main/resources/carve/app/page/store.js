// Conversations, stored in this browser.
//
// A conversation is {id, title, models, turns, settings, states, updated}; a turn {question, pictures, answers}, with an answer
// for each model that was asked: {model, text, live, finish, error}; a state {id, model, column, turns, system} is what the
// server has saved of the first turns for the model of a column.

const KEY = 'carve-talks';

let conversations = read();

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) || '[]');
    return Array.isArray(kept) ? kept.filter(conversation => conversation.id && Array.isArray(conversation.turns)) : [];
  } catch {
    return [];
  }
}

function id() {
  return crypto.getRandomValues(new Uint32Array(2)).join('-');
}

export const all = () => conversations;
export const find = wanted => conversations.find(conversation => conversation.id === wanted);

/** Begins a conversation, with the turns of another if it is a fork. */
export function begin(models, turns = [], settings = {}, title = '') {
  const conversation = { id: id(), title, models: [...models], turns: structuredClone(turns), settings: { ...settings }, updated: Date.now() };
  conversations.unshift(conversation);
  keep();
  return conversation;
}

/** Removes a conversation, and returns the ids of states that were its own. */
export function remove(conversation) {
  conversations = conversations.filter(other => other !== conversation);
  keep();
  return (conversation.states || []).map(one => one.id);
}

/** Returns the state that the server has saved of the beginning of a conversation for a model, if any. */
export function kept(conversation, column, model) {
  const system = conversation.settings.system || '';
  return (conversation.states || []).find(one => one.model === model && one.column === column && one.system === system
    && one.turns < conversation.turns.length);
}

/** Writes all conversations; if the storage is full, the oldest lose their images first. */
export function keep(changed) {
  if (changed) {
    changed.updated = Date.now();
    conversations = [changed, ...conversations.filter(conversation => conversation !== changed)];
  }
  const kept = structuredClone(conversations.filter(conversation => conversation.turns.length));
  for (let oldest = kept.length - 1; oldest >= -1; oldest--) {
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
      return true;
    } catch {
      if (oldest >= 0) kept[oldest].turns.forEach(turn => { turn.pictures = []; });
    }
  }
  return false;
}

/**
 * Returns the messages for a model, from a turn on: with its own answers, or those of the first model where it has none.
 */
export function messages(conversation, upTo, column, from = 0) {
  const result = conversation.settings.system && !from ? [{ role: 'system', content: conversation.settings.system }] : [];
  conversation.turns.slice(0, upTo + 1).forEach((turn, i) => {
    if (i < from) return;
    const content = turn.pictures.length
      ? [...turn.pictures.map(url => ({ type: 'image_url', image_url: { url } })), { type: 'text', text: turn.question }]
      : turn.question;
    result.push({ role: 'user', content });
    const answer = turn.answers[column]?.text || turn.answers[0]?.text;
    if (i < upTo) result.push({ role: 'assistant', content: answer || '…' });
  });
  return result;
}
