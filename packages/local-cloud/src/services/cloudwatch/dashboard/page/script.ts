/**
 * The pages' script: values under the pointer, refreshing, and the choice of light or dark. It fetches the page it is on
 * and puts the new widgets in place of the old ones. Values go into the page as text only.
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
const hide = () => {
  tip.style.visibility = "hidden";
  for (const line of document.querySelectorAll(".pointer")) line.style.visibility = "hidden";
};
const point = (event) => {
  hide();
  const chart = event.target.closest && event.target.closest("svg.chart");
  if (!chart || !chart.dataset.hover) return;
  const columns = JSON.parse(chart.dataset.hover);
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
  let near;
  for (const column of columns) if (!near || Math.abs(column.x - at.x) < Math.abs(near.x - at.x)) near = column;
  if (!near) return;
  const line = chart.querySelector(".pointer");
  line.setAttribute("x1", near.x); line.setAttribute("x2", near.x); line.style.visibility = "visible";
  const time = document.createElement("time"); time.textContent = near.time;
  tip.replaceChildren(time, ...near.values.map(({ label, color, value }) => {
    const row = document.createElement("div"); const number = document.createElement("b");
    number.textContent = value; number.style.color = color; row.append(number, label); return row;
  }));
  tip.style.left = Math.max(4, Math.min(event.clientX + 16, innerWidth - tip.offsetWidth - 8)) + "px";
  tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)) + "px";
  tip.style.visibility = "visible";
};
document.addEventListener("mousemove", point);
document.addEventListener("mouseleave", hide);
const every = document.getElementById("every");
let timer;
const refresh = async () => {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const open = [...document.querySelectorAll("details")].map((one) => one.open);
    document.querySelector("main").replaceWith(document.importNode(fresh.querySelector("main"), true));
    document.querySelectorAll("details").forEach((one, index) => { one.open = open[index] === true; });
    document.querySelector(".when").textContent = fresh.querySelector(".when").textContent;
    hide();
  } catch { document.querySelector(".when").textContent = "The local cloud does not answer."; }
  arm();
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
