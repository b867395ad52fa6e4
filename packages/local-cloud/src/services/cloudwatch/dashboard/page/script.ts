/**
 * The pages' script: values under the pointer or at the arrow keys, refreshing, and the choice of light or dark. It fetches
 * the page it is on and puts the new widgets in place of the old ones; focus, scrolling and pointer stay where they were. Values go into the page as text only.
 */
export const SCRIPT = `
const root = document.documentElement;
const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch {} };
const wanted = kept("headgate-theme");
if (wanted === "light" || wanted === "dark") root.dataset.theme = wanted;
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  keep("headgate-theme", root.dataset.theme);
});
const tip = document.getElementById("tip");
let pointed;
const hide = () => {
  pointed = undefined;
  tip.style.visibility = "hidden";
  for (const line of document.querySelectorAll(".pointer")) line.style.visibility = "hidden";
};
const columnsOf = (chart) => chart && chart.dataset.hover ? JSON.parse(chart.dataset.hover) : [];
const onScreen = (chart, x, y) => new DOMPoint(x, y).matrixTransform(chart.getScreenCTM());
const show = (chart, column, left, top) => {
  hide();
  const line = chart.querySelector(".pointer");
  line.setAttribute("x1", column.x); line.setAttribute("x2", column.x); line.style.visibility = "visible";
  const time = document.createElement("time"); time.textContent = column.time;
  tip.replaceChildren(time, ...column.values.map(({ label, color, value }) => {
    const row = document.createElement("div"); const number = document.createElement("b");
    number.textContent = value; number.style.color = color; row.append(number, label); return row;
  }));
  tip.style.left = Math.max(4, Math.min(left + 16, innerWidth - tip.offsetWidth - 8)) + "px";
  tip.style.top = Math.max(4, Math.min(top + 14, innerHeight - tip.offsetHeight - 8)) + "px";
  tip.style.visibility = "visible";
};
const point = (event) => {
  const chart = event.target && event.target.closest && event.target.closest("svg.chart");
  const columns = columnsOf(chart);
  if (columns.length === 0) return hide();
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
  const near = columns.reduce((best, one) => Math.abs(one.x - at.x) < Math.abs(best.x - at.x) ? one : best);
  show(chart, near, event.clientX, event.clientY);
  pointed = { clientX: event.clientX, clientY: event.clientY };
};
const step = (chart, index) => {
  const columns = columnsOf(chart);
  const at = Math.max(0, Math.min(index, columns.length - 1));
  if (columns.length === 0) return;
  const { x, y } = onScreen(chart, columns[at].x, 20);
  show(chart, columns[at], x, y);
  chart.dataset.at = at;
};
document.addEventListener("mousemove", point);
document.addEventListener("mouseleave", hide);
document.addEventListener("focusout", hide);
document.addEventListener("keydown", (event) => {
  const chart = document.activeElement && document.activeElement.closest("svg.chart");
  if (event.key === "Escape") return hide();
  if (!chart) return;
  const last = columnsOf(chart).length - 1;
  const at = chart.dataset.at === undefined ? last + 1 : Number(chart.dataset.at);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  step(chart, to);
});
const every = document.getElementById("every");
let timer;
const refresh = async () => {
  const when = document.querySelector(".when");
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok) when.textContent = fresh.querySelector("main") ? fresh.querySelector("main").textContent : "The local cloud answers " + answer.status + ".";
    else put(fresh, when);
  } catch { when.textContent = "The local cloud does not answer."; }
  arm();
};
const put = (fresh, when) => {
  const all = (what) => [...document.querySelectorAll(what)];
  const open = all("details").map((one) => one.open);
  const scrolled = all(".content, .scroll").map((one) => one.scrollTop);
  const charts = all("svg.chart");
  const focused = charts.indexOf(document.activeElement);
  const at = focused < 0 ? undefined : charts[focused].dataset.at;
  const under = pointed;
  document.querySelector("main").replaceWith(document.importNode(fresh.querySelector("main"), true));
  all("details").forEach((one, index) => { one.open = open[index] === true; });
  all(".content, .scroll").forEach((one, index) => { one.scrollTop = scrolled[index] || 0; });
  when.textContent = fresh.querySelector(".when").textContent;
  hide();
  // What somebody is looking at stays under the eyes.
  const chart = all("svg.chart")[focused];
  if (chart) { chart.focus({ preventScroll: true }); if (at !== undefined) step(chart, Number(at)); }
  if (under) point({ ...under, target: document.elementFromPoint(under.clientX, under.clientY) });
};
const arm = () => {
  clearTimeout(timer);
  const seconds = Number(every.value);
  if (seconds > 0) timer = setTimeout(refresh, seconds * 1000);
};
if (every) {
  const before = kept("headgate-refresh");
  if (before !== null) every.value = before;
  every.addEventListener("change", () => { keep("headgate-refresh", every.value); arm(); });
  arm();
}
`;
