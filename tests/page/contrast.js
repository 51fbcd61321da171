// Every text that can be seen against what is really behind it: the pairs that are below 4.5 to 1 (WCAG 2, AA), or
// below 3 to 1 for large text. Gives "what: ratio" for each kind of element that fails.
(() => {
  const parse = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return {rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1};
  };
  const over = (top, below) => top.rgb.map((value, i) => value * top.alpha + below[i] * (1 - top.alpha));
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const failures = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    if (/^(SCRIPT|STYLE|TITLE)$/i.test(element.tagName)) continue;
    const style = getComputedStyle(element);
    const svg = element instanceof SVGElement;
    const colour = parse(svg ? style.fill : style.color);
    const behind = background(svg ? element.ownerSVGElement.parentElement : element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight, 10) >= 700);
    const got = ratio(over(colour, behind), behind);
    ++seen;
    const what = `${element.tagName}.${element.getAttribute("class") || ""}`;
    if (got < (large ? 3 : 4.5)) failures.set(what, got.toFixed(2));
  }
  return {seen, failures: [...failures].map(([what, got]) => `${what}: ${got}`)};
})()
