// Conversations, kept in this browser.
//
// A conversation is {id, title, models, turns, settings, states, updated}; a turn {question, pictures, answers}, with an answer
// for each model that was asked: {model, text, live, finish, error}; a state {id, model, column, turns, system} is what the
// server keeps of the first turns for the model of a column.

const KEY = 'carve-talks';

let talks = read();

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) || '[]');
    return Array.isArray(kept) ? kept.filter(talk => talk.id && Array.isArray(talk.turns)) : [];
  } catch {
    return [];
  }
}

function id() {
  return crypto.getRandomValues(new Uint32Array(2)).join('-');
}

export const all = () => talks;
export const find = wanted => talks.find(talk => talk.id === wanted);

/** Begins a conversation, with the turns of another if it is a fork. */
export function begin(models, turns = [], settings = {}, title = '') {
  const talk = { id: id(), title, models: [...models], turns: structuredClone(turns), settings: { ...settings }, updated: Date.now() };
  talks.unshift(talk);
  keep();
  return talk;
}

/** Removes a conversation, and returns the ids of states that were its own. */
export function remove(talk) {
  talks = talks.filter(other => other !== talk);
  keep();
  return (talk.states || []).map(one => one.id);
}

/** Returns what the server keeps of the beginning of a conversation for a model, if anything. */
export function kept(talk, column, model) {
  const system = talk.settings.system || '';
  return (talk.states || []).find(one => one.model === model && one.column === column && one.system === system
    && one.turns < talk.turns.length);
}

/** Writes all conversations; where there is no room, the oldest lose their pictures first. */
export function keep(changed) {
  if (changed) {
    changed.updated = Date.now();
    talks = [changed, ...talks.filter(talk => talk !== changed)];
  }
  const kept = structuredClone(talks.filter(talk => talk.turns.length));
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
 * Returns the messages that a model is sent, from a turn on: what it has said itself, and where it has not, what the first
 * one has.
 */
export function messages(talk, upTo, column, from = 0) {
  const result = talk.settings.system && !from ? [{ role: 'system', content: talk.settings.system }] : [];
  talk.turns.slice(0, upTo + 1).forEach((turn, i) => {
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
