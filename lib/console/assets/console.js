/** The console's own script. Pages work without it, except for charts, copying and asking before destructive actions. */
(() => {
  const chosen = (root, selector) => [...root.querySelectorAll(selector)];

  /** Times in the browser's own zone. */
  function localTimes(root) {
    for (const time of chosen(root, 'time[datetime]')) {
      const at = new Date(time.dateTime);
      const text = at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
      if (time.classList.contains('exact')) time.textContent = text;
      else time.title = text;
    }
  }

  /** One uPlot per `[data-chart]`; its JSON is `{ label, hours, counts }`. A live part changes only the attribute. */
  const plots = new WeakMap();
  function drawChart(figure) {
    const { label, hours, counts } = JSON.parse(figure.dataset.chart);
    const holder = figure.querySelector('.plot');
    const present = plots.get(figure);
    if (present?.root.isConnected) return present.setData([hours, counts]);
    const style = getComputedStyle(figure);
    const [line, quiet, warn] = [
      style.getPropertyValue('--line'),
      style.getPropertyValue('--quiet'),
      style.getPropertyValue('--warn'),
    ].map(resolved);
    const axis = {
      stroke: quiet,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
      font: '12px system-ui, sans-serif',
    };
    const height = holder.clientHeight;
    const plot = new uPlot(
      {
        width: holder.clientWidth,
        height,
        padding: [8, 24, 0, 0],
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        legend: { show: false },
        hooks: { draw: [(u) => markSilence(u, warn)] },
        scales: {
          // The bar of an hour stands right of its beginning: the newest one needs an hour more.
          x: { range: (_, min, max) => [min, max + 3600] },
          y: { range: (_, __, max) => [0, Math.max(4, Math.ceil(max * 1.1))] },
        },
        axes: [
          {
            ...axis,
            values: (_, ticks) =>
              ticks.map((tick) => new Date(tick * 1000).toLocaleTimeString(undefined, { hour: 'numeric' })),
            space: 70,
          },
          {
            ...axis,
            size: 44,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5],
          },
        ],
        series: [
          {},
          {
            label,
            fill: resolved(style.getPropertyValue('--series')),
            points: { show: false },
            paths: uPlot.paths.bars({ size: [0.7, 40], align: 1 }),
          },
        ],
      },
      [hours, counts],
      holder,
    );
    plots.set(figure, plot);
    new ResizeObserver(() => plot.setSize({ width: holder.clientWidth, height })).observe(holder);
  }

  /** A line at the bottom marks each hour without an update. */
  function markSilence({ ctx, bbox, data: [hours, counts], valToPos }, colour) {
    ctx.fillStyle = colour;
    const bottom = bbox.top + bbox.height;
    hours.forEach((hour, index) => {
      if (counts[index] > 0) return;
      const from = valToPos(hour, 'x', true);
      const to = Math.min(valToPos(hour + 3600 * 0.7, 'x', true), bbox.left + bbox.width);
      if (to > from) ctx.fillRect(from, bottom - 3 * devicePixelRatio, to - from, 3 * devicePixelRatio);
    });
  }

  /** A canvas does not know `light-dark()`: an element computes the colour. */
  function resolved(colour) {
    const probe = document.createElement('i');
    probe.style.color = colour;
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }

  function drawCharts(root) {
    if (typeof uPlot !== 'undefined') for (const figure of chosen(root, '[data-chart]')) drawChart(figure);
  }

  function redrawCharts() {
    for (const figure of chosen(document, '[data-chart]')) {
      plots.get(figure)?.destroy();
      plots.delete(figure);
    }
    drawCharts(document);
  }

  /** Asks before a form with `data-confirm` is sent. */
  function ask(form, submitter) {
    const dialog = document.createElement('dialog');
    const text = document.createElement('p');
    text.textContent = form.dataset.confirm;
    text.id = 'question';
    dialog.setAttribute('aria-labelledby', 'question');
    const buttons = document.createElement('div');
    buttons.className = 'buttons';
    const cancel = document.createElement('button');
    cancel.textContent = 'Cancel';
    const go = document.createElement('button');
    go.textContent = form.dataset.confirmLabel;
    go.className = 'danger';
    cancel.onclick = () => dialog.close();
    go.onclick = () => {
      form.dataset.confirmed = 'yes';
      dialog.close();
      form.requestSubmit(submitter);
    };
    dialog.onclose = () => {
      dialog.remove();
      submitter?.focus();
    };
    buttons.append(cancel, go);
    dialog.append(text, buttons);
    document.body.append(dialog);
    dialog.showModal();
    cancel.focus();
  }

  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target;
      if (form.dataset.confirm === undefined || form.dataset.confirmed === 'yes') {
        delete form.dataset.confirmed;
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(form, event.submitter);
    },
    true,
  );

  // A field for a time has the browser's zone. The server gets UTC.
  function localFields(root) {
    for (const field of chosen(root, 'input[data-at]')) {
      const at = new Date(field.dataset.at);
      field.value = new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
      delete field.dataset.at;
    }
  }
  document.addEventListener('formdata', ({ target, formData }) => {
    for (const field of chosen(target, 'input[type="datetime-local"]'))
      if (field.value !== '') formData.set(field.name, new Date(field.value).toISOString());
  });

  // A button with `data-busy` says that its answer takes time, and is pressed only once.
  document.addEventListener('submit', (event) => {
    const button = event.submitter;
    if (button?.dataset.busy === undefined) return;
    button.textContent = button.dataset.busy;
    setTimeout(() => {
      button.disabled = true;
    });
  });

  document.addEventListener('click', async (event) => {
    const button = event.target.closest?.('button');
    if (button?.dataset.copy !== undefined) {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = 'Copied';
    }
    if (button?.dataset.pause !== undefined) {
      const isPaused = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(isPaused));
      document.getElementById(button.dataset.pause).toggleAttribute('data-paused', isPaused);
    }
  });

  // Nobody looks at a hidden page: its live parts rest.
  document.addEventListener('htmx:before:request', (event) => {
    const { target } = event;
    if (target.dataset?.live !== undefined && (document.hidden || target.dataset.paused !== undefined))
      event.preventDefault();
  });
  document.addEventListener('htmx:after:request', () => showOffline(false));
  document.addEventListener('htmx:error', () => showOffline(true));
  document.addEventListener('htmx:after:swap', ready);

  function showOffline(isOffline) {
    const notice = document.getElementById('offline');
    if (notice !== null) notice.hidden = !isOffline;
  }

  /** A field is invalid while its problem has a text. Fields that are checked together share one. */
  function markInvalid(root) {
    for (const slot of chosen(root, '[data-problem-of]')) {
      for (const field of chosen(root, `[aria-describedby~="${slot.id}"]`)) {
        if (slot.textContent === '') field.removeAttribute('aria-invalid');
        else field.setAttribute('aria-invalid', 'true');
      }
    }
  }

  function ready() {
    markInvalid(document);
    localTimes(document);
    localFields(document);
    drawCharts(document);
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawCharts);
  ready();
})();
