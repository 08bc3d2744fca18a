// Conversations, kept in this browser.
//
// A conversation is {id, title, models, turns, settings, updated}; a turn {question, pictures, answers}, with an answer for
// each model that was asked: {model, text, live, finish, error}.

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

export function remove(talk) {
  talks = talks.filter(other => other !== talk);
  keep();
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

/** Returns the messages that a model is sent: what it has said itself, and where it has not, what the first one has. */
export function messages(talk, upTo, column) {
  const result = talk.settings.system ? [{ role: 'system', content: talk.settings.system }] : [];
  talk.turns.slice(0, upTo + 1).forEach((turn, i) => {
    const content = turn.pictures.length
      ? [...turn.pictures.map(url => ({ type: 'image_url', image_url: { url } })), { type: 'text', text: turn.question }]
      : turn.question;
    result.push({ role: 'user', content });
    const answer = turn.answers[column]?.text || turn.answers[0]?.text;
    if (i < upTo) result.push({ role: 'assistant', content: answer || '…' });
  });
  return result;
}
