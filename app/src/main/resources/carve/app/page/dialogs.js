// Dialogs of settings, keyboard shortcuts and the API key, and the colour theme.
import * as api from './api.js';
import * as store from './store.js';
import { act, at, state } from './state.js';

function theme() {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const now = document.documentElement.dataset.theme || (dark ? 'dark' : 'light');
  document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark';
  localStorage.setItem('carve-theme', document.documentElement.dataset.theme);
}

/** Asks for the API key, and continues with it. */
export function askKey() {
  if (at('key-box').open) return;
  at('key-box').showModal();
  at('key-box').addEventListener('close', () => { api.setKey(at('key').value); act.open(); }, { once: true });
}

const SETTINGS = { system: 'system', temperature: 'temperature', 'max-tokens': 'maxTokens', seed: 'seed' };

function openSettings() {
  for (const [id, key] of Object.entries(SETTINGS)) at(id).value = state.conversation.settings[key] ?? '';
  at('settings-box').showModal();
}

at('settings-box').addEventListener('input', () => {
  for (const [id, key] of Object.entries(SETTINGS)) state.conversation.settings[key] = at(id).value;
  store.keep();
});

at('settings').addEventListener('click', openSettings);
at('keys').addEventListener('click', () => at('keys-box').showModal());
at('theme').addEventListener('click', theme);

if (localStorage.getItem('carve-theme')) document.documentElement.dataset.theme = localStorage.getItem('carve-theme');
