// What is wrong with the page as it is shown: evaluated in it, gives a list of sentences.
(() => {
  const faults = [];
  const say = (text) => faults.length < 40 && faults.push(text);
  const words = (e) => `"${e.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}"`;
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = (selector, of = document) => [...of.querySelectorAll(selector)].filter(seen);
  const overlap = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;

  // Labels: of one drawing, and the parts of one row of a ranking.
  const groups = [...all("svg").map((svg) => all("text", svg)),
    ...all(".ranking li").map((row) => all(".place, .who, .ratio, .interval, .plot", row))];
  for (const labels of groups) {
    const boxes = labels.map((label) => label.getBoundingClientRect());
    boxes.forEach((box, i) => boxes.slice(i + 1).forEach((other, j) => {
      if (overlap(box, other)) say(`${words(labels[i])} and ${words(labels[i + 1 + j])} collide`);
    }));
  }

  // The page is as wide as the screen; what is wider scrolls in a box that the keyboard reaches.
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width)
    say(`the page is ${document.documentElement.scrollWidth} px wide, the screen ${width}`);
  const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowX);
  for (const e of all("body *")) {
    if (scrolls(e) && e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0)
      say(`<${e.localName} class="${e.className}"> scrolls, and the keyboard does not reach it`);
  }
  const inScroller = (e) => { for (; e; e = e.parentElement) if (scrolls(e)) return true; };
  for (const e of all("text, td, th, li, p, h1, h2, dd, dt, figcaption")) {
    const { left, right } = e.getBoundingClientRect();
    if ((left < -1 || right > width + 1) && !inScroller(e)) say(`${words(e)} leaves the screen`);
  }

  // Contrast, as WCAG 2.2 wants it at level AA.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b]
    .map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    const sheet = document.body.appendChild(document.createElement("p"));
    sheet.style.background = "Canvas";
    const colour = rgba(getComputedStyle(sheet).backgroundColor);
    sheet.remove();
    return colour;
  };
  const kinds = new Set();
  for (const e of all("body *")) {
    const own = [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || e.closest("title, desc")) continue;
    const style = getComputedStyle(e);
    const ink = rgba(e instanceof SVGElement ? style.fill : style.color);
    const [one, two] = [light(ink), light(ground(e))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const kind = `${e.localName}.${e.getAttribute("class") ?? ""}`;
    if (ratio < least && !kinds.has(kind)) {
      kinds.add(kind);
      say(`${words(e)} (${kind}) has a contrast of ${ratio.toFixed(1)}, and ${least} is the least`);
    }
  }
  return faults;
})()
