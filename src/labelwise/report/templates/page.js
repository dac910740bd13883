"use strict";
(() => {
  const { specs, sweep } = JSON.parse(document.getElementById("data-of-page").textContent);
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  each("[data-script]", (part) => { part.hidden = false; });

  // The threshold slider: numbers, and a marker on every head's curves.
  const slider = document.getElementById("slider");
  const frame = sweep.frame;
  const shown = (metric, value) => metric.endsWith("_rate") ? (100 * value).toFixed(1) + "%" : value.toFixed(3);
  const nearest = (list, wanted) => list.reduce((best, t, i) => Math.abs(t - wanted) < Math.abs(list[best] - wanted) - 1e-9 ? i : best, 0);
  const draw = (svg, name, attributes) => {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) mark.setAttribute(key, value);
    return svg.appendChild(mark);
  };
  const curves = Array.from(document.querySelectorAll(".curve"), (box) => {
    const svg = box.querySelector("svg"), head = sweep.heads[Number(box.dataset.head)];
    const line = draw(svg, "line", { class: "marker", y1: frame.top, y2: frame.top + frame.height });
    const dots = ["strict_accuracy", "labelwise_accuracy"].map((metric) => [metric, draw(svg, "circle", { class: "marker " + metric, r: 5 })]);
    const drag = (event) => {
      if (event.buttons !== 1) return;
      const at = svg.getBoundingClientRect(), x = (event.clientX - at.left) * svg.viewBox.baseVal.width / at.width;
      set((x - frame.left) / frame.width);
    };
    svg.addEventListener("pointerdown", drag);
    svg.addEventListener("pointermove", drag);
    return (at) => {
      const x = frame.left + frame.width * head.thresholds[at];
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
      for (const [metric, dot] of dots) {
        dot.setAttribute("cx", x);
        dot.setAttribute("cy", frame.top + frame.height * (1 - head[metric][at]));
      }
    };
  });
  const move = () => {
    const wanted = Number(slider.value), text = wanted.toFixed(2);
    document.getElementById("slider-value").textContent = text;
    document.getElementById("live-threshold").textContent = text;
    sweep.heads.forEach((head, i) => {
      const at = nearest(head.thresholds, wanted);
      curves[i](at);
      each(`#live [data-head="${i}"]`, (cell) => {
        const metric = cell.parentNode.dataset.metric;
        cell.textContent = shown(metric, head[metric][at]);
      });
    });
  };
  const set = (threshold) => { slider.value = threshold; move(); };
  slider.addEventListener("input", move);
  each("[data-threshold]", (button) => button.addEventListener("click", () => set(button.dataset.threshold)));
  move();

  // The filter of the mistakes.
  const filters = ["head", "kind"].map((key) => [key, document.getElementById("filter-" + key)]);
  const filter = () => {
    let shown = 0;
    each("#mistake-rows tbody tr", (row) => {
      row.hidden = filters.some(([key, choice]) => choice.value !== "" && choice.value !== row.dataset[key]);
      shown += row.hidden ? 0 : 1;
    });
    document.getElementById("filter-count").textContent = shown + " shown";
  };
  filters.forEach(([, choice]) => choice && choice.addEventListener("change", filter));

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
