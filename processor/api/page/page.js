// Shows that the stream lives: every aircraft as a dot, coloured by altitude.
"use strict";

const fleet = new Map();
const canvas = document.getElementById("sky");
const pen = canvas.getContext("2d");
let updates = 0;

const show = (id, text) => { document.getElementById(id).textContent = text; };

function apply(event) {
  const { states } = JSON.parse(event.data);
  for (const state of states) fleet.set(state.icao24, state);
  updates += states.length;
}

function connect() {
  const stream = new EventSource("/sse/flights");
  const connection = document.getElementById("connection");
  const tell = (text, isOpen) => {
    connection.textContent = text;
    connection.classList.toggle("open", isOpen);
  };
  stream.onopen = () => tell("connected", true);
  stream.onerror = (event) => {
    if (event.data) { // an event of the server's, not the end of the connection: it says why
      stream.close();
      tell(JSON.parse(event.data).reason, false);
      return;
    }
    tell("reconnecting", false);
    // A browser gives up for good on some failures; then it is ours to try again.
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
  };
  stream.addEventListener("snapshot", (event) => { fleet.clear(); apply(event); });
  stream.addEventListener("update", apply);
  stream.addEventListener("remove", (event) => {
    for (const icao24 of JSON.parse(event.data).icao24) fleet.delete(icao24);
  });
  stream.addEventListener("bye", () => tell("the server is restarting", false));
}

function colour(state) {
  if (state.on_ground) return "hsl(220 10% 55%)";
  const altitude = state.baro_altitude ?? state.geo_altitude;
  if (altitude === null) return "hsl(220 10% 80%)";
  return `hsl(${25 + Math.min(Math.max(altitude, 0) / 13000, 1) * 255} 90% 62%)`;
}

function graticule(width, height) {
  pen.strokeStyle = "#1b2542";
  pen.beginPath();
  for (let degrees = 0; degrees <= 360; degrees += 30) {
    const x = (degrees / 360) * width;
    pen.moveTo(x, 0);
    pen.lineTo(x, height);
    const y = (degrees / 180) * height;
    pen.moveTo(0, y);
    pen.lineTo(width, y);
  }
  pen.stroke();
}

function draw() {
  const scale = window.devicePixelRatio;
  const [width, height] = [innerWidth, innerHeight];
  canvas.width = width * scale;
  canvas.height = height * scale;
  pen.scale(scale, scale);
  graticule(width, height);
  let airborne = 0;
  let newest = 0;
  for (const state of fleet.values()) {
    if (!state.on_ground) airborne += 1;
    newest = Math.max(newest, state.last_contact);
    if (state.longitude === null || state.latitude === null) continue;
    pen.fillStyle = colour(state);
    pen.fillRect(
      ((state.longitude + 180) / 360) * width - 1, ((90 - state.latitude) / 180) * height - 1, 2, 2,
    );
  }
  show("aircraft", fleet.size.toLocaleString());
  show("airborne", airborne.toLocaleString());
  show("updates", updates.toLocaleString());
  show("delay", newest ? `${Math.max(0, Date.now() / 1000 - newest).toFixed(0)} s` : "–");
}

connect();
setInterval(draw, 1000);
