// The state of the page: the models, the current conversation, the images of the next question, the running request.

export const at = id => document.getElementById(id);

export const state = { models: [], conversation: null, pending: [], running: null };

/** Actions of buttons that are drawn repeatedly; set by chat.js. */
export const act = {};

export const modelOf = name => state.models.find(model => model.id === name);

export const columns = () => state.conversation.models;

export function problem(text) {
  at('problem').textContent = text;
  at('problem').classList.toggle('hidden', !text);
}
