// What the page is about: the models, the conversation that is shown, what is asked next and what is asked now.

export const at = id => document.getElementById(id);

export const state = { models: [], talk: null, pending: [], running: null };

/** What buttons do that are drawn again and again; chat.js says. */
export const act = {};

export const modelOf = name => state.models.find(model => model.id === name);

export const columns = () => state.talk.models;

export function problem(text) {
  at('problem').textContent = text;
  at('problem').classList.toggle('hidden', !text);
}
