'use strict';
// Lines and heat maps, drawn anew whenever they are shown something. No library.

const charts = (() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const COLOURS = ['var(--accent)', 'var(--second)', 'var(--third)', 'var(--bad)', 'var(--good)'];
  // dark blue by teal to yellow, even in lightness, for eyes of every kind (after viridis)
  const MAP = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];

  function figure(value) {
    if (value == null || !isFinite(value)) return '–';
    const size = Math.abs(value);
    if (value === 0) return '0';
    if (size >= 10000) return Math.round(value).toLocaleString('en');
    if (size >= 1000) return value.toFixed(0);
    return size < 0.001 ? value.toExponential(1).replace('e-', 'e−') : String(+value.toPrecision(3));
  }

  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (parent) parent.append(made);
    return made;
  }

  // numbers that people would write at an axis
  function ticks(low, high, log) {
    if (log) {
      const result = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
        for (const digit of Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5]) {
          const at = digit * 10 ** power;
          if (at >= low * 0.999 && at <= high * 1.001) result.push(at);
        }
      }
      if (result.length > 1) return result.filter((_, i) => i % Math.ceil(result.length / 7) === 0);
    }
    const span = high - low || 1;
    const rough = span / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].find(n => n * power >= rough) * power;
    const result = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-6; at += step) result.push(+at.toPrecision(10));
    return result;
  }

  function extent(values, log) {
    let low = Infinity, high = -Infinity;
    for (const value of values) {
      if (value == null || !isFinite(value) || (log && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (low > high) return log ? [0.1, 1] : [0, 1];
    if (low === high) return log ? [low / 2, high * 2] : [Math.min(0, low), high || 1];
    return [low, high];
  }

  function tip(host) {
    let made = host.querySelector('.tip');
    if (!made) {
      made = document.createElement('div');
      made.className = 'tip hidden';
      host.append(made);
    }
    return {
      show(text, x) {
        made.textContent = text;
        made.classList.remove('hidden');
        const width = made.offsetWidth;
        made.style.left = Math.max(0, Math.min(host.clientWidth - width, x + (x > host.clientWidth / 2 ? -width - 12 : 12))) + 'px';
        made.style.top = '8px';
      },
      hide() { made.classList.add('hidden'); },
    };
  }

  /** Draws lines: series [{name, x, y, dashed}], options {log, height, last, label, zero}. */
  function lines(host, series, options) {
    const { log = false, height = 220, last = 0, label = '', zero = false, smooth = false, named = series.length > 1 } = options;
    const width = Math.max(240, host.clientWidth);
    const left = 52, right = 12, top = 8, bottom = 22;
    const all = series.flatMap(s => s.y);
    let [low, high] = extent(all, log);
    if (zero) low = 0;
    if (!log) high += (high - low) * 0.05;
    const first = Math.min(...series.map(s => s.x[0] ?? 1), 1);
    const end = Math.max(last, ...series.map(s => s.x.at(-1) ?? 1), first + 1);
    const px = x => left + (x - first) / (end - first) * (width - left - right);
    const share = y => log ? Math.log(y / low) / Math.log(high / low) : (y - low) / (high - low);
    const py = y => height - bottom - share(y) * (height - top - bottom);
    const svg = element('svg', { viewBox: `0 0 ${width} ${height}`, height, role: 'img', 'aria-label': label });
    for (const at of ticks(low, high, log)) {
      element('line', { class: 'axis', x1: left, x2: width - right, y1: py(at), y2: py(at) }, svg);
      element('text', { x: left - 6, y: py(at) + 4, 'text-anchor': 'end' }, svg).textContent = figure(at);
    }
    for (const at of ticks(first, end, false)) {
      element('text', { x: px(at), y: height - 6, 'text-anchor': 'middle' }, svg).textContent = at.toLocaleString('en');
    }
    series.forEach((s, i) => {
      const draw = (values, attributes) => {
        let path = '';
        let pen = false;
        s.x.forEach((x, k) => {
          const y = values[k];
          const good = y != null && isFinite(y) && (!log || y > 0);
          if (good) path += `${pen ? 'L' : 'M'}${px(x).toFixed(1)} ${py(y).toFixed(1)}`;
          pen = good;
        });
        element('path', {
          d: path, fill: 'none', 'stroke-linejoin': 'round', style: `stroke: ${s.colour || COLOURS[i % COLOURS.length]}`, ...attributes,
        }, svg);
      };
      const pale = smooth && !s.dashed && s.y.length > 20;
      draw(s.y, { 'stroke-width': s.dashed ? 1.2 : pale ? 1 : 1.8, 'stroke-dasharray': s.dashed ? '4 4' : 'none', opacity: pale ? 0.35 : 1 });
      if (pale) draw(smoothed(s.y), { 'stroke-width': 2 });
      if (s.x.length === 1) element('circle', { cx: px(s.x[0]), cy: py(s.y[0]), r: 3, style: `fill: ${COLOURS[i]}` }, svg);
    });
    const cursor = element('line', { class: 'cursor', y1: top, y2: height - bottom, visibility: 'hidden' }, svg);
    host.replaceChildren(svg);
    if (named) host.append(legend(series));
    const shown = tip(host);
    const main = series.find(s => !s.dashed) || series[0];
    svg.addEventListener('pointermove', event => {
      const x = first + (event.offsetX / svg.clientWidth * width - left) / (width - left - right) * (end - first);
      const k = nearest(main.x, x);
      if (k < 0) return;
      cursor.setAttribute('x1', px(main.x[k]));
      cursor.setAttribute('x2', px(main.x[k]));
      cursor.setAttribute('visibility', 'visible');
      const rows = series.filter(s => !s.dashed).map(s => `${named ? s.name + '  ' : ''}${figure(s.y[k])}`);
      shown.show([`step ${main.x[k].toLocaleString('en')}`, ...rows].join('\n'), px(main.x[k]));
    });
    svg.addEventListener('pointerleave', () => { shown.hide(); cursor.setAttribute('visibility', 'hidden'); });
  }

  // means that forget: of the last twentieth of the points
  function smoothed(values) {
    const keep = 1 - 1 / Math.max(2, values.length / 20);
    let sum = 0, weight = 0;
    return values.map(value => {
      if (value == null || !isFinite(value)) return null;
      sum = keep * sum + (1 - keep) * value;
      weight = keep * weight + (1 - keep);
      return sum / weight;
    });
  }

  function legend(series) {
    const made = document.createElement('div');
    made.className = 'legend';
    series.forEach((s, i) => {
      const entry = document.createElement('span');
      const dash = document.createElement('i');
      dash.style.background = s.colour || COLOURS[i % COLOURS.length];
      entry.append(dash, s.name);
      made.append(entry);
    });
    return made;
  }

  function nearest(sorted, value) {
    let best = -1;
    sorted.forEach((x, k) => { if (best < 0 || Math.abs(x - value) < Math.abs(sorted[best] - value)) best = k; });
    return best;
  }

  function colour(share) {
    const at = Math.max(0, Math.min(1, share)) * (MAP.length - 1);
    const i = Math.min(MAP.length - 2, Math.floor(at));
    return `rgb(${MAP[i].map((from, c) => Math.round(from + (at - i) * (MAP[i + 1][c] - from))).join(' ')})`;
  }

  /** Draws layers over steps: heat {layers, values}, steps, options {label, names}. */
  function heat(host, heatMap, steps, options) {
    const { label = '', names = [], last = 0 } = options;
    const rows = heatMap.layers.length;
    const each = Math.max(8, Math.min(26, Math.floor(340 / rows)));
    const width = Math.max(240, host.clientWidth);
    const left = 52, bottom = 22, right = 12;
    const height = rows * each + bottom;
    const [low, high] = extent(heatMap.values.flat(), true);
    const end = Math.max(last, steps.at(-1) ?? 1, 2);
    const px = x => left + x / end * (width - left - right);
    const share = value => Math.log(value / low) / Math.log(high / low);
    const canvas = document.createElement('canvas');
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.height = height + 'px';
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `${label}: ${rows} layers, from ${figure(low)} to ${figure(high)}`);
    const pen = canvas.getContext('2d');
    pen.scale(scale, scale);
    const style = getComputedStyle(host);
    heatMap.values.forEach((row, r) => {
      row.forEach((value, k) => {
        if (value == null || value <= 0) return;
        const x = px(k === 0 ? 0 : steps[k - 1]);
        pen.fillStyle = colour(share(value));
        pen.fillRect(x, r * each, Math.max(1, px(steps[k]) - x) + 0.5, each - 1);
      });
    });
    pen.fillStyle = style.getPropertyValue('--quiet') && getComputedStyle(document.querySelector('.quiet')).color;
    pen.font = '11px system-ui, "DejaVu Sans", sans-serif';
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    const skip = Math.ceil(12 / each);
    heatMap.layers.forEach((layer, r) => { if (r % skip === 0) pen.fillText(layer, left - 8, r * each + each / 2); });
    pen.textAlign = 'center';
    for (const at of ticks(0, end, false)) pen.fillText(at.toLocaleString('en'), Math.min(width - 16, px(at)), height - 8);
    host.replaceChildren(canvas, ramp(low, high));
    const shown = tip(host);
    canvas.addEventListener('pointermove', event => {
      const r = Math.floor(event.offsetY / each);
      const step = (event.offsetX / canvas.clientWidth * width - left) / (width - left - right) * end;
      const k = steps.findIndex(s => s >= step);
      if (r < 0 || r >= rows || k < 0 || step < 0) { shown.hide(); return; }
      const layer = heatMap.layers[r];
      shown.show(`layer ${layer}${names[layer] ? ' ' + names[layer] : ''}\nstep ${steps[k].toLocaleString('en')}\n${figure(heatMap.values[r][k])}`, event.offsetX);
    });
    canvas.addEventListener('pointerleave', () => shown.hide());
  }

  function ramp(low, high) {
    const made = document.createElement('div');
    made.className = 'scale';
    const canvas = document.createElement('canvas');
    canvas.width = 180;
    canvas.height = 8;
    const pen = canvas.getContext('2d');
    for (let x = 0; x < 180; x++) {
      pen.fillStyle = colour(x / 179);
      pen.fillRect(x, 0, 1, 8);
    }
    for (const part of [figure(low), canvas, figure(high), '(log scale)']) {
      const span = document.createElement('span');
      span.append(part);
      made.append(span);
    }
    return made;
  }

  /** Returns a small line without axes. */
  function spark(x, y, end) {
    const svg = element('svg', { viewBox: '0 0 100 28', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    const good = smoothed(y).map((value, k) => [x[k], value]).filter(([, value]) => value > 0);
    if (good.length > 1) {
      const [low, high] = extent(good.map(([, value]) => value), true);
      const d = good.map(([at, value], k) =>
        `${k ? 'L' : 'M'}${(at / (end || at) * 100).toFixed(2)} ${(26 - 24 * Math.log(value / low) / Math.log(high / low)).toFixed(2)}`).join('');
      element('path', { d, fill: 'none', 'stroke-width': 1.5, 'vector-effect': 'non-scaling-stroke', style: 'stroke: var(--accent)' }, svg);
    }
    return svg;
  }

  return { lines, heat, spark, figure };
})();
