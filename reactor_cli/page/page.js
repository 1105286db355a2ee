"use strict";
const list = document.getElementById("list"), root = document.documentElement;
const cards = [...list.children], start = +list.dataset.start, width = +list.dataset.width;
const value = {
  r: card => +card.dataset.r, a: card => -card.dataset.a, z: card => -card.dataset.z, c: card => -card.dataset.c,
  n: card => card.querySelector("h3").textContent.toLowerCase(), g: card => card.querySelector("p b").textContent,
};
const text = new Map(cards.map(card => [card, card.textContent.toLowerCase()]));
let show = "all", sort = "r", descending = false;

function arrange() {
  const wanted = document.getElementById("find").value.trim().toLowerCase();
  let count = 0;
  for (const card of cards) {
    card.hidden = (show !== "all" && card.dataset.f !== show) || !text.get(card).includes(wanted);
    count += !card.hidden;
  }
  const compare = (a, b) => { const x = value[sort](a), y = value[sort](b); return x < y ? -1 : x > y ? 1 : 0; };
  const ordered = [...cards].sort((a, b) => (descending ? -1 : 1) * compare(a, b) || cards.indexOf(a) - cards.indexOf(b));
  list.append(...ordered);
  document.getElementById("shown").textContent = count === cards.length ? count : `${count} of ${cards.length}`;
  document.getElementById("nothing").hidden = count > 0;
}

function press(button, name) {
  for (const other of document.querySelectorAll(`[data-${name}]`)) other.setAttribute("aria-pressed", other === button);
}

document.getElementById("find").addEventListener("input", arrange);
for (const button of document.querySelectorAll("[data-show]"))
  button.addEventListener("click", () => { show = button.dataset.show; press(button, "show"); arrange(); });
for (const button of document.querySelectorAll("[data-sort]"))
  button.addEventListener("click", () => {
    descending = sort === button.dataset.sort && !descending;
    sort = button.dataset.sort;
    press(button, "sort");
    arrange();
  });

const dark = matchMedia("(prefers-color-scheme: dark)");
function store(theme) { try { theme ? localStorage.setItem("theme", theme) : theme = localStorage.getItem("theme"); } catch { } return theme; }
const stored = store();
if (stored === "light" || stored === "dark") root.dataset.theme = stored;
document.getElementById("theme").addEventListener("click", () => {
  const now = root.dataset.theme || (dark.matches ? "dark" : "light");
  root.dataset.theme = store(now === "dark" ? "light" : "dark");
});
addEventListener("beforeprint", () => { for (const details of document.querySelectorAll("details")) details.open = true; });

// The data of a mark is in its path: the position is the hour, and the attribute data-l has the lifetimes in days.
const labels = { s: "completed", p: "pending", x: "failed", k: "kept forever" }, cached = new Map();
function marks(use) {
  const id = use.getAttribute("href");
  if (!cached.has(id)) {
    const path = document.querySelector(id), lives = [];
    for (const run of (path.dataset.l || "").split(" ")) {
      const [life, times] = run.split("*");
      for (let i = 0; i < (times || 1); i++) lives.push(life);
    }
    let x = 0;
    cached.set(id, path.getAttribute("d").match(/[Mm]-?\d+/g).map((move, i) => [x += +move.slice(1), lives[i]]));
  }
  return cached.get(id).map(([x, life]) => ({ x, life, kind: use.classList[0] }));
}
const tip = document.getElementById("tip"), day = 86400, zone = "UTC";
const format = options => seconds => new Date(seconds * 1000).toLocaleString("en-GB", { timeZone: zone, ...options });
const hour = format({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const date = format({ day: "numeric", month: "short", year: "numeric" });
let line = null;
function hide() { tip.hidden = true; line?.remove(); line = null; }
function describe(event) {
  const lane = event.target.closest?.(".t");
  hide();
  if (!lane) return;
  const box = lane.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * width;
  const all = [...lane.querySelectorAll("use:not(.e)")].flatMap(marks);
  const nearest = all.sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x))[0];
  if (!nearest || Math.abs(nearest.x - x) / width * box.width > 24) return;
  const at = start + nearest.x * 3600, expiry = Math.floor(at / day) * day + nearest.life * day;
  const end = nearest.life === "-" ? "never expires" : `expires on ${date(expiry)}`;
  tip.textContent = `${lane.previousSibling.textContent}, ${hour(at).replace(/:\d+$/, "")} h UTC: ${labels[nearest.kind]}, ${end}`;
  if (nearest.life !== "-") {
    line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("class", "h");
    line.setAttribute("d", `M${nearest.x} 8H${(expiry - start) / 3600}`);
    lane.append(line);
  }
  tip.hidden = false;
  tip.style.left = Math.max(8, Math.min(event.clientX - tip.offsetWidth / 2, innerWidth - tip.offsetWidth - 8)) + "px";
  tip.style.top = box.top - tip.offsetHeight - 6 + "px";
}
list.addEventListener("pointermove", describe);
list.addEventListener("pointerdown", describe);
list.addEventListener("pointerleave", hide);
addEventListener("scroll", hide, { passive: true });
