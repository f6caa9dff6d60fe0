// An accessibility pass over one page: returns a list of findings in words (WCAG 2.2 success criteria in brackets).
() => {
  const findings = [];
  const name = (e) => `<${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""} class="${e.className?.baseVal ?? e.className}">`;
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);

  const wordsOf = (e) => (e.getAttribute("aria-label") || e.textContent || e.querySelector("img")?.alt || "").trim();

  if (!document.documentElement.lang) findings.push("no language [3.1.1]");
  if (!document.title.trim()) findings.push("no title [2.4.2]");
  for (const landmark of ["header", "main", "footer"])
    if (document.querySelectorAll(landmark).length !== 1) findings.push(`not one ${landmark} [1.3.1]`);
  const first = document.querySelector("a, button, input, textarea");
  if (first?.getAttribute("href") !== "#main") findings.push("no skip link first [2.4.1]");

  const headings = all("h1, h2, h3, h4, h5, h6").map((e) => Number(e.tagName[1]));
  if (headings.filter((level) => level === 1).length !== 1) findings.push("not one h1 [1.3.1]");
  if (headings[0] !== 1 && !document.querySelector("[aria-label]")) findings.push("h1 is not first [1.3.1]");
  headings.forEach((level, i) => { if (i && level > headings[i - 1] + 1) findings.push(`heading jumps to h${level} [1.3.1]`); });

  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) findings.push("an id occurs twice [4.1.1]");
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"])
    for (const e of document.querySelectorAll(`[${attribute}]`))
      for (const id of e.getAttribute(attribute).split(" "))
        if (!ids.includes(id)) findings.push(`${name(e)} points to missing ${id} [1.3.1]`);

  for (const e of all("input, textarea, select")) if (!e.labels.length) findings.push(`${name(e)} has no label [3.3.2]`);
  for (const e of all("a, button, summary")) if (!wordsOf(e)) findings.push(`${name(e)} has no name [4.1.2]`);
  for (const e of document.querySelectorAll("img")) if (!e.hasAttribute("alt")) findings.push(`${name(e)} has no alt [1.1.1]`);
  for (const e of document.querySelectorAll("svg")) if (e.getAttribute("aria-hidden") !== "true") findings.push(`${name(e)} is not hidden [1.1.1]`);

  for (const e of all("a, button, input, textarea, summary")) {
    const box = e.getBoundingClientRect();
    const inText = getComputedStyle(e).display === "inline";
    if (!inText && (box.width < 24 || box.height < 24)) findings.push(`${name(e)} is ${box.width}x${box.height} [2.5.8]`);
  }
  if (document.documentElement.scrollWidth > innerWidth) findings.push("scrolls sideways [1.4.10]");

  const channel = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const colour = (text) => text.match(/[\d.]+/g).map(Number);
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = colour(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const contrast = (e, style) => {
    const [one, two] = [luminance(colour(style.color)), luminance(behind(e))].sort((a, b) => b - a);
    return (one + 0.05) / (two + 0.05);
  };
  const check = (e, style) => {
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = contrast(e, style);
    if (ratio < (large ? 3 : 4.5)) findings.push(`${name(e)} has contrast ${ratio.toFixed(2)} [1.4.3]`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const e = node.parentElement;
    if (node.data.trim() && shown(e) && e.tagName !== "SCRIPT") check(e, getComputedStyle(e));
  }
  for (const e of all("input, textarea")) {
    check(e, getComputedStyle(e));
    check(e, getComputedStyle(e, "::placeholder"));
    const edge = luminance(colour(getComputedStyle(e).borderTopColor));
    const [light, dark] = [edge, luminance(behind(e.parentElement))].sort((a, b) => b - a);
    if (e.type !== "file" && (light + 0.05) / (dark + 0.05) < 3) findings.push(`${name(e)} has a faint edge [1.4.11]`);
  }
  return findings;
}
