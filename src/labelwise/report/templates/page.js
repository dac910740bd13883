"use strict";
(() => {
  const { specs, sweep } = JSON.parse(document.getElementById("data-of-page").textContent);
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  const percent = (share) => (100 * share).toFixed(1) + "%";
  each("[data-script]", (part) => { part.hidden = false; });

  // The threshold slider: numbers and a marker on every head's curves.
  const slider = document.getElementById("slider");
  const nearest = (list, wanted) => list.reduce((best, t, i) => Math.abs(t - wanted) < Math.abs(list[best] - wanted) - 1e-12 ? i : best, 0);
  const draw = (svg, name, attributes) => {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) mark.setAttribute(key, value);
    return svg.appendChild(mark);
  };
  const curves = Array.from(document.querySelectorAll(".curve"), (box) => {
    const svg = box.querySelector("svg"), head = sweep.heads[Number(box.dataset.head)], f = sweep.frame;
    const line = draw(svg, "line", { class: "marker", y1: f.top, y2: f.top + f.height });
    const dots = ["strict_accuracy", "labelwise_accuracy"].map((metric) => [metric, draw(svg, "circle", { class: "marker " + metric, r: 5 })]);
    return (at) => {
      const x = f.left + f.width * head.thresholds[at];
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
      for (const [metric, dot] of dots) {
        dot.setAttribute("cx", x);
        dot.setAttribute("cy", f.top + f.height * (1 - head[metric][at]));
      }
    };
  });
  const move = () => {
    const wanted = Number(slider.value);
    document.getElementById("slider-value").textContent = wanted.toFixed(2);
    sweep.heads.forEach((head, i) => {
      const at = nearest(head.thresholds, wanted);
      curves[i](at);
      each(`#live td[data-head="${i}"]`, (cell) => { cell.textContent = percent(head[cell.parentNode.dataset.metric][at]); });
    });
  };
  slider.addEventListener("input", move);
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
