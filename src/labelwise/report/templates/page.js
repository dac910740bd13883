"use strict";
(() => {
  const { specs, sweeps } = JSON.parse(document.getElementById("data-of-page").textContent);
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);
  each("[data-script]", (part) => { part.hidden = false; });

  // A slider over curves: numbers, and a marker on every picture of a curve.
  // sweep: { frame, curves: [{ at, <metric>: [...] }], dots: [metrics marked on the picture], top: highest y, percent }
  const shown = (metric, value) => value === null ? "–" : metric.endsWith("_rate") ? (100 * value).toFixed(1) + "%" : value.toFixed(3);
  const nearest = (list, wanted) => list.reduce((best, t, i) => Math.abs(t - wanted) < Math.abs(list[best] - wanted) - 1e-9 ? i : best, 0);
  const draw = (svg, name, attributes) => {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) mark.setAttribute(key, value);
    return svg.appendChild(mark);
  };
  each("[data-sweep]", (root) => {
    const { frame, curves, dots, top = 1, percent = false } = sweeps[root.dataset.sweep];
    const slider = root.querySelector("input[type=range]");
    const markers = Array.from(root.querySelectorAll(".curve"), (box) => {
      const svg = box.querySelector("svg"), curve = curves[Number(box.dataset.head)];
      const line = draw(svg, "line", { class: "marker", y1: frame.top, y2: frame.top + frame.height });
      const marks = dots.map((metric) => [metric, draw(svg, "circle", { class: "marker " + metric, r: 5 })]);
      const drag = (event) => {
        if (event.buttons !== 1) return;
        const at = svg.getBoundingClientRect(), x = (event.clientX - at.left) * svg.viewBox.baseVal.width / at.width;
        set((x - frame.left) / frame.width);
      };
      svg.addEventListener("pointerdown", drag);
      svg.addEventListener("pointermove", drag);
      return (k) => {
        const x = frame.left + frame.width * curve.at[k];
        line.setAttribute("x1", x);
        line.setAttribute("x2", x);
        for (const [metric, mark] of marks) {
          mark.setAttribute("cx", x);
          mark.setAttribute("cy", frame.top + frame.height * (1 - Math.min(curve[metric][k] / top, 1)));
        }
      };
    });
    const move = () => {
      const wanted = Number(slider.value), text = percent ? Math.round(100 * wanted) + "%" : wanted.toFixed(2);
      each("[data-wanted]", (place) => { place.textContent = text; }, root);
      curves.forEach((curve, i) => {
        const k = nearest(curve.at, wanted);
        if (markers[i]) markers[i](k);
        each(`[data-live] [data-head="${i}"]`, (cell) => {
          const metric = cell.parentNode.dataset.metric;
          cell.textContent = shown(metric, curve[metric][k]);
        }, root);
      });
    };
    const set = (value) => { slider.value = value; move(); };
    slider.addEventListener("input", move);
    each("[data-set]", (button) => button.addEventListener("click", () => set(button.dataset.set)), root);
    move();
  });

  // The filter of the mistakes.
  const filters = ["head", "kind"].map((key) => [key, document.getElementById("filter-" + key)]).filter(([, choice]) => choice);
  const filter = () => {
    let shown = 0;
    each("#mistake-rows tbody tr", (row) => {
      row.hidden = filters.some(([key, choice]) => choice.value !== "" && choice.value !== row.dataset[key]);
      shown += row.hidden ? 0 : 1;
    });
    document.getElementById("filter-count").textContent = shown + " shown";
  };
  filters.forEach(([, choice]) => choice.addEventListener("change", filter));

  // Charts answer the pointer once they come into view; the still picture stays for print and where this fails.
  const enliven = (box) => {
    const moving = box.appendChild(document.createElement("div"));
    moving.className = "moving";
    window.vegaEmbed(moving, specs[box.dataset.chart], { actions: false, renderer: "svg", ast: true })
      .then(() => box.classList.add("is-live"), () => moving.remove());
  };
  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    seen.unobserve(entry.target);
    enliven(entry.target);
  }));
  each("[data-chart]", (box) => seen.observe(box));
})();
