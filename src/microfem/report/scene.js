"use strict";
// Draws each canvas[data-scene], see render/embed.py for its bytes, in place of the picture before it.
// Where that fails (no WebGL 2, no script) the picture stays.

const VERTEX = `#version 300 es
in vec3 place; in float value; uniform mat3 turn; uniform vec2 zoom; uniform highp int kind;
out vec3 seen; out float shown;
void main() {
  seen = turn * place;
  shown = value;
  float before = kind == 2 ? 0.004 : 0.0; // lines stand before the triangles that they part
  gl_Position = vec4(seen.xy * zoom, -0.5 * (seen.z + before), 1.0);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
in vec3 seen; in float shown; uniform sampler2D colours; uniform highp int kind; out vec4 colour;
void main() {
  vec3 own = kind == 0 ? texture(colours, vec2((shown * 255.0 + 0.5) / 256.0, 0.5)).rgb : vec3(0.83);
  float facing = abs(normalize(cross(dFdx(seen), dFdy(seen))).z);
  // colours of values are those of the bar: light falls on what has none
  colour = vec4(kind == 2 ? vec3(0.0) : kind == 1 ? own * (0.7 + 0.3 * facing) : own, 1.0);
}`;
const START = { around: Math.PI / 4, up: Math.asin(1 / Math.sqrt(3)), zoom: 1 };

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = await new Response(stream).arrayBuffer();
  const [points, ...counts] = new Uint32Array(data, 0, 4); // of corners: with a value, without, of lines
  return { counts, colours: new Uint8Array(data, 16, 1024), points: new Int16Array(data, 1040, 4 * points),
           corners: new Uint32Array(data, 1040 + 8 * points) };
}

function compile(gl) {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  gl.useProgram(program);
  return program;
}

function upload(gl, program, data) {
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, data.points, gl.STATIC_DRAW);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, data.corners, gl.STATIC_DRAW);
  for (const [name, size, offset] of [["place", 3, 0], ["value", 1, 6]]) {
    const where = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(where);
    gl.vertexAttribPointer(where, size, gl.SHORT, true, 8, offset);
  }
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, data.colours);
  for (const one of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, one, gl.CLAMP_TO_EDGE);
  for (const one of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, one, gl.LINEAR);
  gl.enable(gl.DEPTH_TEST);
  gl.clearColor(1, 1, 1, 1);
}

// Rows: to the right, up and towards the reader, z of the layout being upright; stored column by column.
function turn({ around, up }) {
  const [c, s, C, S] = [Math.cos(around), Math.sin(around), Math.cos(up), Math.sin(up)];
  return [-s, -S * c, C * c, c, -S * s, C * s, 0, C, S];
}

function radius(points) {
  let most = 0;
  for (let k = 0; k < points.length; k += 4) most = Math.max(most, Math.hypot(points[k], points[k + 1], points[k + 2]));
  return most / 32767;
}

async function show(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: true, preserveDrawingBuffer: true });
  if (!gl) return;
  const data = await unpack(canvas.dataset.scene);
  const program = compile(gl), size = radius(data.points), view = { ...START };
  upload(gl, program, data);
  const at = name => gl.getUniformLocation(program, name);
  const draw = () => {
    const scale = view.zoom / size;
    gl.uniformMatrix3fv(at("turn"), false, turn(view));
    gl.uniform2f(at("zoom"), scale * canvas.height / canvas.width, scale); // a canvas is wider than high
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    let first = 0;
    data.counts.forEach((count, kind) => {
      gl.uniform1i(at("kind"), kind);
      gl.drawElements(kind < 2 ? gl.TRIANGLES : gl.LINES, count, gl.UNSIGNED_INT, 4 * first);
      first += count;
    });
  };
  const change = (around, up, zoom) => {
    view.around += around;
    view.up = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, view.up + up));
    view.zoom = Math.max(0.5, Math.min(50, view.zoom * zoom));
    requestAnimationFrame(draw);
  };
  listen(canvas, change, () => { Object.assign(view, START); requestAnimationFrame(draw); });
  draw();
  swap(canvas, true);
}

function swap(canvas, live) {
  canvas.hidden = !live;
  canvas.parentElement.querySelector("img").classList.toggle("still", live);
}

function listen(canvas, change, reset) {
  canvas.onpointerdown = event => canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = event => { if (event.buttons & 1) change(-0.008 * event.movementX, 0.008 * event.movementY, 1); };
  canvas.onwheel = event => {
    if (document.activeElement !== canvas) return; // else the page could not be scrolled past it
    event.preventDefault();
    change(0, 0, Math.exp(-0.001 * event.deltaY));
  };
  const keys = { ArrowLeft: [0.1, 0, 1], ArrowRight: [-0.1, 0, 1], ArrowUp: [0, 0.1, 1], ArrowDown: [0, -0.1, 1],
                 "+": [0, 0, 1.1], "-": [0, 0, 1 / 1.1] };
  canvas.onkeydown = event => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    change(...keys[event.key]);
  };
  canvas.ondblclick = reset;
  canvas.addEventListener("webglcontextlost", () => swap(canvas, false));
}

for (const canvas of document.querySelectorAll("canvas[data-scene]")) show(canvas).catch(error => console.error(error));
