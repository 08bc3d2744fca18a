'use strict';
// The page of training runs: polls the server every second, and shows a stage of a run.

(() => {
  const at = id => document.getElementById(id);
  const embedded = at('shown');
  const state = { shown: { runs: [] }, tag: '', run: location.hash.slice(1).split('/')[0], stage: '', heat: '', sample: -1, lost: false };
  const [, wanted] = location.hash.slice(1).split('/').map(decodeURIComponent);
  state.run = decodeURIComponent(state.run);
  state.stage = wanted || '';

  function make(tag, text, name) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  // the last two parts of a path
  const short = path => path.split(/[\\/]/).slice(-2).join('/');

  // as the last part of a URL
  const named = text => btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

  function time(seconds) {
    if (seconds == null || !isFinite(seconds)) return '–';
    if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
    const whole = Math.round(seconds);
    const pad = n => String(n).padStart(2, '0');
    return whole < 3600 ? `${Math.floor(whole / 60)} min ${pad(whole % 60)} s` : `${Math.floor(whole / 3600)} h ${pad(Math.floor(whole / 60) % 60)} min`;
  }

  const run = () => state.shown.runs.find(r => r.name === state.run) || active();
  const active = () => state.shown.runs.find(r => r.status === 'running') || state.shown.runs.at(-1);

  // follows the running stage until the user chooses one
  function stage(of) {
    return of.stages.find(s => s.name === state.stage)
      || of.stages.find(s => s.status === 'running')
      || of.stages.findLast(s => s.step.length) || of.stages[0];
  }

  const mean = values => {
    const good = values.filter(v => v != null && isFinite(v));
    return good.length ? good.reduce((a, b) => a + b, 0) / good.length : null;
  };

  function choose() {
    location.replace('#' + [state.run, state.stage].filter(Boolean).map(encodeURIComponent).join('/'));
    draw();
  }

  function tile(value, name) {
    const made = make('div', undefined, 'tile');
    made.append(make('b', value), make('span', name));
    return made;
  }

  function drawRuns(current) {
    const names = state.shown.runs.map(r => r.name);
    if ([...at('runs').options].map(o => o.value).join('\n') !== names.join('\n')) {
      at('runs').replaceChildren(...names.map(name => new Option(name, name)));
    }
    at('runs').value = current.name;
    at('status').className = 'status ' + (state.lost ? 'stopped' : current.status);
    at('status').textContent = state.lost ? 'server not reachable, retrying' : current.status;
    const mixers = Map.groupBy(current.mixers || [], m => m);
    const kinds = [...mixers].map(([name, all]) => `${all.length} × ${name}`).join(', ');
    at('about').textContent = current.from ? `${current.kind === 'train' ? 'trained' : 'distilled'} from ${short(current.from)}${kinds ? '; layers: ' + kinds : ''}` : '';
    at('about').title = current.from || '';
    document.title = `${current.name}: ${current.status} · Carve`;
  }

  function drawStages(current, chosen) {
    const focused = document.activeElement?.dataset?.stage;
    at('stages').replaceChildren(...current.stages.map(s => {
      const tab = make('button');
      tab.type = 'button';
      tab.dataset.stage = s.name;
      tab.setAttribute('role', 'tab');
      tab.setAttribute('aria-selected', s === chosen);
      tab.tabIndex = s === chosen ? 0 : -1;
      const name = make('span', undefined, 'name');
      name.append(make('span', s.name), make('span', s.status, 'status ' + s.status + ' quiet'));
      const progress = make('span', undefined, 'progress');
      const filled = make('i');
      filled.style.width = (s.total_steps ? 100 * s.last_step / s.total_steps : 0) + '%';
      progress.append(filled);
      const figures = make('span', s.total_steps ? `${s.last_step.toLocaleString('en')} of ${s.total_steps.toLocaleString('en')} steps` : `${s.last_step.toLocaleString('en')} steps`, 'figures');
      tab.append(name, charts.spark(s.step, s.loss, s.total_steps), progress, figures);
      tab.addEventListener('click', () => { state.stage = s.name; state.run = current.name; state.sample = -1; choose(); });
      return tab;
    }));
    if (focused) at('stages').querySelector(`[data-stage="${CSS.escape(focused)}"]`)?.focus();
  }

  at('stages').addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...at('stages').children];
    const next = tabs[tabs.indexOf(document.activeElement) + step];
    if (next) { next.focus(); next.click(); at('stages').querySelector('[aria-selected="true"]').focus(); }
  });

  const validationOf = (s, key) => ({ x: s.validation.map(v => v.step), y: s.validation.map(v => v[key] ?? null) });

  function validationTiles(s) {
    const now = (s.validation || []).at(-1);
    if (!now) return [];
    const start = s.validation[0];
    const percent = x => (100 * x).toFixed(1) + ' %';
    const tiles = [tile(charts.figure(now.perplexity), `validation perplexity (${now.teacher_perplexity == null ? '' : 'teacher ' + charts.figure(now.teacher_perplexity) + ', '}start ${charts.figure(start.perplexity)})`)];
    if (now.kl != null) {
      tiles.push(tile(charts.figure(now.kl), `KL to the teacher (start ${charts.figure(start.kl)})`),
        tile(percent(now.top_1_agreement), `top-1 agreement (start ${percent(start.top_1_agreement)})`));
    }
    return tiles;
  }

  function drawValidation(s) {
    const shown = (s.validation || []).length > 1;
    at('validation-panel').classList.toggle('hidden', !shown);
    if (!shown) return;
    const series = [{ name: 'student', ...validationOf(s, 'perplexity') }];
    if (s.validation[0].teacher_perplexity != null) series.push({ name: 'teacher', ...validationOf(s, 'teacher_perplexity'), dashed: true, colour: 'var(--quiet)' });
    charts.lines(at('validation'), series, { log: true, height: 170, last: s.total_steps, label: 'validation perplexity' });
  }

  function drawTiles(s) {
    at('tiles').replaceChildren(
      ...validationTiles(s),
      tile(charts.figure(mean(s.loss.slice(-Math.max(1, Math.round(20 / s.steps_per_point))))), 'loss (last steps)'),
      tile(charts.figure(s.loss[0]), 'first loss'),
      tile(charts.figure(s.learning_rate.at(-1)), 'learning rate'),
      tile(charts.figure(mean(s.tokens_per_second.slice(-20))), 'tokens per second'),
      tile(charts.figure(s.grad_norm.at(-1)), 'gradient norm'),
      tile(time(s.seconds.at(-1)), s.status === 'running' && s.remaining_seconds ? `elapsed, ${time(s.remaining_seconds)} remaining` : 'elapsed'));
  }

  function drawCharts(current, s) {
    const labels = Object.keys(s.losses);
    const series = labels.length > 1 ? [{ name: 'total', x: s.step, y: s.loss }] : [];
    labels.forEach(label => series.push({ name: label, x: s.step, y: s.losses[label] }));
    at('loss-note').textContent = (labels.length === 1 ? labels[0] : '') + (s.steps_per_point > 1 ? ` · each point is the mean of ${s.steps_per_point} steps` : '');
    charts.lines(at('loss'), series.length ? series : [{ name: 'loss', x: s.step, y: s.loss }],
      { log: at('log').checked, last: s.total_steps, label: `loss of ${s.name}`, smooth: true });
    drawValidation(s);
    const heats = Object.keys(s.layer_values);
    at('heat-panel').classList.toggle('hidden', !heats.length);
    if (heats.length) {
      const of = heats.includes(state.heat) ? state.heat : heats[0];
      const shown = name => name === 'layer_grad_norms' ? 'gradient norms' : name;
      at('heat-of').replaceChildren(...heats.map(name => new Option(shown(name), name)));
      at('heat-of').value = of;
      charts.heat(at('heat'), s.layer_values[of], s.step, { label: shown(of), names: current.mixers, last: s.total_steps });
    }
    const planned = s.schedule?.learning_rates || [];
    at('rate-note').classList.toggle('hidden', !planned.length);
    const rates = [{ name: 'learning rate', x: s.step, y: s.learning_rate }];
    if (planned.length) rates.push({ name: 'planned', x: planned.map(p => p[0]), y: planned.map(p => p[1]), dashed: true, colour: 'var(--quiet)' });
    charts.lines(at('rate'), rates, { height: 170, last: s.total_steps, label: 'learning rate', zero: true, named: false });
    charts.lines(at('speed'), [{ name: 'tokens per second', x: s.step, y: s.tokens_per_second }], { height: 170, last: s.total_steps, label: 'tokens per second', zero: true, smooth: true });
  }

  function drawSamples(s) {
    at('samples-panel').classList.toggle('hidden', !s.samples.length);
    if (!s.samples.length) return;
    const chosen = state.sample < 0 ? s.samples.length - 1 : Math.min(state.sample, s.samples.length - 1);
    at('at').max = s.samples.length - 1;
    at('at').value = chosen;
    at('at').disabled = s.samples.length < 2;
    at('at-label').textContent = `after step ${s.samples[chosen].step.toLocaleString('en')}`;
    const key = `${s.name}/${chosen}/${s.samples[chosen].step}`;
    if (at('samples').dataset.key === key) return;
    at('samples').dataset.key = key;
    at('samples').replaceChildren(...s.samples[chosen].samples.map(sample => {
      const made = make('article', undefined, 'sample');
      if (!embedded) {
        for (const image of sample.images || []) {
          const picture = make('img');
          picture.src = 'picture/' + named(image);
          picture.alt = image;
          picture.onerror = () => picture.remove();
          made.append(picture);
        }
      }
      made.append(make('p', sample.question, 'asked'));
      const list = make('dl');
      for (const who of ['expected', 'teacher', 'student']) {
        if (sample[who] === undefined) continue;
        list.append(make('dt', who), make('dd', sample[who] || '(empty)', who !== 'expected' && sample[who] === sample.expected ? 'same' : ''));
      }
      made.append(list);
      return made;
    }));
  }

  function draw() {
    const current = run();
    const problem = state.shown.problem || current?.problem;
    at('problem').textContent = problem || '';
    at('problem').classList.toggle('hidden', !problem);
    at('empty').classList.toggle('hidden', !!current || !!problem);
    at('stage').classList.toggle('hidden', !current);
    if (!current) return;
    const s = stage(current);
    drawRuns(current);
    drawStages(current, s);
    drawTiles(s);
    drawCharts(current, s);
    drawSamples(s);
  }

  async function ask() {
    let changed = false;
    try {
      const key = sessionStorage.getItem('carve-key');
      const headers = { ...(state.tag ? { 'If-None-Match': state.tag } : {}), ...(key ? { Authorization: 'Bearer ' + key } : {}) };
      const answer = await fetch('runs', { headers, cache: 'no-store' });
      changed = state.lost;
      state.lost = false;
      if (answer.status === 200) {
        state.tag = answer.headers.get('ETag');
        const shown = await answer.json();
        state.shown = shown.problem ? { ...state.shown, problem: shown.problem } : shown;
        changed = true;
      }
    } catch {
      changed = !state.lost;
      state.lost = true;
    }
    if (changed) draw();
    setTimeout(ask, document.hidden ? 5000 : 1000);
  }

  at('runs').addEventListener('change', () => { state.run = at('runs').value; state.stage = ''; state.sample = -1; choose(); });
  at('log').addEventListener('change', draw);
  at('heat-of').addEventListener('change', () => { state.heat = at('heat-of').value; draw(); });
  at('at').addEventListener('input', () => { state.sample = +at('at').value === +at('at').max ? -1 : +at('at').value; draw(); });
  at('theme').addEventListener('click', () => {
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const now = document.documentElement.dataset.theme || (dark ? 'dark' : 'light');
    document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark';
    try { localStorage.setItem('carve-theme', document.documentElement.dataset.theme); } catch { /* a file has no storage */ }
    draw();
  });
  try { if (localStorage.getItem('carve-theme')) document.documentElement.dataset.theme = localStorage.getItem('carve-theme'); } catch { /* a file has no storage */ }
  let width = 0;
  new ResizeObserver(() => { if (innerWidth !== width) { width = innerWidth; draw(); } }).observe(document.body);
  if (embedded) {
    state.shown = JSON.parse(embedded.textContent);
    draw();
  } else {
    ask();
  }
})();
