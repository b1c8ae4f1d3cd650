/* Plots of f and f' with sliders, a cursor and curves to choose.
   Every number is a result of fastact's kernels that the page carries; the cursor and the
   sliders go from one to the next, and no formula is computed here. */
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 360, HEIGHT = 270, LEFT = 38, RIGHT = 10, TOP = 10, BOTTOM = 26; // as in svg.py
  const KINDS = ["f", "slope"];

  const SUPERSCRIPTS = {"-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries())};

  function number(value) {  // as Python's ".4g", typeset
    if (value === 0 || Number.isNaN(value)) return value === 0 ? "0" : "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    const [mantissa, exponent] = value.toExponential(3).split("e").map(Number);
    if (exponent >= -4 && exponent < 4) return minus(String(+value.toPrecision(4)));
    const power = [...String(exponent)].map(character => SUPERSCRIPTS[character]).join("");
    return `${minus(String(mantissa))}\u00a0×\u00a010${power}`;
  }

  function minus(text) { return text.replace("-", "−"); }

  function unpacked(base64) {
    const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  }

  function svgElement(parent, tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return parent.appendChild(element);
  }

  class Panel {
    constructor(svg, plot) {
      this.svg = svg;
      this.plot = plot;
      this.kind = svg.dataset.kind;
      [this.x0, this.x1] = svg.dataset.x.split(",").map(Number);
      [this.y0, this.y1] = svg.dataset.y.split(",").map(Number);
      this.makeCurves();
      const cursor = svg.querySelector(".fa-cursor");
      this.line = svgElement(cursor, "line", {class: "fa-cross", y1: TOP, y2: HEIGHT - BOTTOM});
      this.dots = plot.slots.map((_, slot) =>
        svgElement(cursor, "circle", {class: `fa-dot fa-series-${slot}`, r: 4.2}));
      for (const event of ["pointermove", "pointerdown"])
        svg.addEventListener(event, e => plot.moveTo(this.xOf(e)));
    }

    makeCurves() {
      const group = this.svg.querySelector("[clip-path]");
      const there = [...group.querySelectorAll(".fa-curve")];
      this.curves = this.plot.slots.map((_, slot) =>
        there[slot] || svgElement(group, "path", {class: `fa-curve fa-series-${slot}`}));
    }

    across(x) { return LEFT + (x - this.x0) / (this.x1 - this.x0) * (WIDTH - LEFT - RIGHT); }
    down(y) { return TOP + (this.y1 - y) / (this.y1 - this.y0) * (HEIGHT - TOP - BOTTOM); }

    xOf(event) {
      const box = this.svg.getBoundingClientRect();
      const across = (event.clientX - box.left) / box.width * WIDTH;
      return this.x0 + (across - LEFT) / (WIDTH - LEFT - RIGHT) * (this.x1 - this.x0);
    }

    pathOf(series) {
      const cuts = this.plot.cutsOf(this.kind, series), {x} = this.plot;
      let path = "", isUp = true;
      for (let i = 0; i < x.length; i++) {
        const y = this.plot.value(this.kind, series, i);
        if (!Number.isFinite(y)) { isUp = true; continue; }
        path += `${isUp ? "M" : "L"}${this.across(x[i]).toFixed(1)} ${this.down(y).toFixed(1)}`;
        isUp = cuts.has(i);
      }
      return path;
    }

    drawCurves() {
      this.plot.slots.forEach((series, slot) =>
        this.curves[slot].setAttribute("d", series === null ? "" : this.pathOf(series)));
    }

    drawCursor() {
      const across = this.across(this.plot.x[this.plot.at]);
      this.line.setAttribute("x1", across);
      this.line.setAttribute("x2", across);
      this.plot.slots.forEach((series, slot) => {
        const y = series === null ? NaN : this.plot.value(this.kind, series, this.plot.at);
        const isShown = y >= this.y0 && y <= this.y1;
        this.dots[slot].style.display = isShown ? "" : "none";
        if (!isShown) return;
        this.dots[slot].setAttribute("cx", across);
        this.dots[slot].setAttribute("cy", this.down(y));
      });
    }
  }

  class Plot {
    constructor(figure) {
      this.figure = figure;
      const data = JSON.parse(figure.querySelector("script").textContent);
      this.names = data.names;
      this.sizes = data.sliders.map(([labels]) => labels.length);
      this.places = this.sizes.reduce((product, size) => product * size, 1);
      this.cuts = data.cuts;
      this.x = unpacked(data.x);
      this.values = {f: unpacked(data.f), slope: unpacked(data.slope)};
      this.slots = Array(+figure.dataset.slots).fill(null);  // the series of each colour
      data.open.forEach((series, slot) => { this.slots[slot] = series; });
      this.xSlider = figure.querySelector(".fa-x");
      this.readout = figure.querySelector(".fa-readout");
      this.parameters = [...figure.querySelectorAll(".fa-parameter")];
      this.keys = [...figure.querySelectorAll(".fa-key")];
      this.at = +this.xSlider.value;
      this.panels = [...figure.querySelectorAll(".fa-panel")].map(svg => new Panel(svg, this));
      figure.querySelectorAll(".fa-control").forEach(control => { control.hidden = false; });
      this.xSlider.addEventListener("input", () => this.moveToPoint(+this.xSlider.value));
      this.parameters.forEach((slider, i) => {
        const [labels, values] = data.sliders[i];
        const tell = () => {
          const output = slider.nextElementSibling;
          output.textContent = labels[slider.value];
          output.dataset.value = values[slider.value];
          slider.setAttribute("aria-valuetext", labels[slider.value]);
        };
        slider.addEventListener("input", () => { tell(); this.draw(); });
        tell();
      });
      this.keys.forEach(key => key.addEventListener("click", () => this.toggle(key)));
      this.setPlace();
      this.drawCursor();
    }

    setPlace() {
      this.place = this.parameters.reduce((place, slider, i) =>
        place * this.sizes[i] + +slider.value, 0);
    }

    value(kind, series, i) {
      return this.values[kind][(series * this.places + this.place) * this.x.length + i];
    }

    cutsOf(kind, series) {
      return new Set(this.cuts[KINDS.indexOf(kind)][this.sizes.length ? this.place : series]);
    }

    toggle(key) {
      const series = +key.dataset.series, slot = this.slots.indexOf(series);
      const free = this.slots.indexOf(null);
      if (slot >= 0) this.slots[slot] = null;
      else if (free >= 0) this.slots[free] = series;
      this.keys.forEach(other => {
        const colour = this.slots.indexOf(+other.dataset.series);
        other.setAttribute("aria-pressed", colour >= 0);
        if (colour >= 0) other.dataset.slot = colour; else delete other.dataset.slot;
        other.disabled = colour < 0 && !this.slots.includes(null);
      });
      this.draw();
    }

    moveTo(x) {
      const step = (this.x[this.x.length - 1] - this.x[0]) / (this.x.length - 1);
      const nearest = Math.round((x - this.x[0]) / step);
      this.moveToPoint(Math.max(0, Math.min(this.x.length - 1, nearest)));
    }

    moveToPoint(i) {
      if (i === this.at) return;
      this.at = i;
      this.xSlider.value = i;
      this.drawCursor();
    }

    draw() {
      this.setPlace();
      this.panels.forEach(panel => panel.drawCurves());
      this.drawCursor();
    }

    drawCursor() {
      this.panels.forEach(panel => panel.drawCursor());
      this.xSlider.setAttribute("aria-valuetext", number(this.x[this.at]));
      this.readout.replaceChildren("x = ", bold(this.x[this.at]), ": ", ...this.told());
    }

    told() {
      const several = this.names.length > 1, told = [];
      this.slots.forEach((series, slot) => {
        if (series === null) return;
        if (told.length) told.push(" · ");
        told.push(...(several ? [named(this.names[series], slot), " "] : ["f(x) = "]));
        told.push(bold(this.value("f", series, this.at)), several ? ", slope " : ", f′(x) = ");
        told.push(bold(this.value("slope", series, this.at)));
      });
      return told;
    }
  }

  function bold(value) {
    const element = document.createElement("b");
    element.textContent = number(value);
    element.dataset.value = value;
    return element;
  }

  function named(name, slot) {
    const element = document.createElement("span");
    element.className = `fa-name-${slot}`;
    element.textContent = name;
    return element;
  }

  document.querySelectorAll("figure.fa-plot").forEach(figure => new Plot(figure));
})();
