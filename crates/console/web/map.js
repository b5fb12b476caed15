/**
 * The map: the town from above, north up, with names of stops and vehicles over it.
 *
 * A town and a link go in; a canvas moves with pointer, wheel and keys. Labels are elements of the page, so that they
 * are read out and stay sharp. It does not know what else is on the page.
 */
import * as THREE from 'three';
import { OrbitControls } from 'three/controls';
import { IS_SOFTWARE, LAYER } from './town.js';
import { stopName } from './catalogue.js';

/** From this scale on (metres a pixel) actors are too small to see, and dots stand for them. */
const DOTS_FROM = 0.55;

export class MapView {
  /**
   * @param {HTMLElement} host @param {import('./town.js').Town} town @param {import('./link.js').Link} link @param {(name: string) => void} choose
   * @param {import('./site.js').Site} [site] whose ways are shown as a whole, if it is not the town's
   */
  constructor(host, town, link, choose, site = town.site) {
    this.host = host; this.town = town; this.link = link; this.site = site;
    this.canvas = document.createElement('canvas');
    this.labels = document.createElement('div');
    this.labels.className = 'labels';
    host.append(this.canvas, this.labels);
    this.renderer = new THREE.WebGLRenderer({ canvas: this.canvas, antialias: !IS_SOFTWARE, powerPreference: 'high-performance' });
    this.camera = new THREE.OrthographicCamera(-1, 1, 1, -1, 1, 4000);
    this.camera.up.set(0, 0, -1);
    this.camera.layers.enable(LAYER.MAP);
    this.controls = new OrbitControls(this.camera, this.canvas);
    Object.assign(this.controls, { enableRotate: false, screenSpacePanning: true, zoomToCursor: true, minZoom: 0.04, maxZoom: 40, dampingFactor: 0.2 });
    this.controls.mouseButtons = { LEFT: THREE.MOUSE.PAN, MIDDLE: THREE.MOUSE.DOLLY, RIGHT: THREE.MOUSE.PAN };
    this.controls.touches = { ONE: THREE.TOUCH.PAN, TWO: THREE.TOUCH.DOLLY_PAN };
    /** @type {string|null} */ this.followed = null;
    this.controls.addEventListener('start', () => { this.followed = null; });
    this.choose = choose;
    /** @type {Map<string, HTMLElement>} */ this.names = new Map();
    this.is_placed = false;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.resize();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    Object.assign(this.camera, { left: -width / 2, right: width / 2, top: height / 2, bottom: -height / 2 });
    this.camera.updateProjectionMatrix();
  }

  /** Shows the whole line. */
  fit() {
    this.followed = null;
    const box = new THREE.Box3();
    const at = new THREE.Vector3();
    for (const pattern of this.site.patterns) for (const [x, y, z] of pattern.points_m) box.expandByPoint(this.town.place(x, y, z, at));
    if (box.isEmpty()) box.setFromCenterAndSize(at.set(0, 0, 0), new THREE.Vector3(80, 1, 80));
    const size = box.getSize(new THREE.Vector3());
    box.getCenter(at);
    this.camera.zoom = Math.min(this.host.clientWidth / (size.x * 1.12 + 60), this.host.clientHeight / (size.z * 1.12 + 60));
    this.look(at.x, at.z);
  }

  /** @param {number} x @param {number} z */
  look(x, z) {
    this.camera.position.set(x, 2000, z);
    this.controls.target.set(x, 0, z);
    this.camera.updateProjectionMatrix();
    this.controls.update();
  }

  /** Stays with a vehicle. @param {string|null} name */
  follow(name) {
    this.followed = name;
    if (name && this.camera.zoom < 2) this.camera.zoom = 4;
  }

  draw() {
    if (!this.town.is_ready) return;
    if (!this.is_placed && this.host.clientWidth) { this.fit(); this.is_placed = true; }
    if (this.followed) {
      const at = this.placeOf(this.followed);
      if (at) this.look(at.x, at.z);
    }
    this.controls.update();
    const scale = 1 / this.camera.zoom;
    this.town.dots.visible = scale > DOTS_FROM;
    this.town.lights.visible = scale < 1.6;
    /** @type {THREE.PointsMaterial} */ (this.town.dots.material).size = scale > 3 ? 2.5 : 4;
    this.town.way_half_m.value = Math.max(1.2, 2.2 * scale);
    this.town.way_cover.value = scale > 1 ? 0.75 : 0.28;
    this.town.fog.near = 1e5; this.town.fog.far = 1e6;
    this.renderer.setClearColor(this.town.background(true));
    this.renderer.render(this.town.scene, this.camera);
    this.drawLabels(scale);
  }

  /** @param {string} name @returns {THREE.Vector3|null} */
  placeOf(name) {
    const vehicle = this.link.state?.vehicles.find((other) => other.name === name);
    const row = this.link.rowOf(vehicle?.actor);
    if (row < 0) return null;
    this.link.at(row, this.link.now().share, POSE);
    return this.town.place(POSE.x, POSE.y, POSE.z, new THREE.Vector3());
  }

  /** @param {number} scale metres a pixel */
  drawLabels(scale) {
    const shown = new Set();
    for (const [index, stop] of this.site.stops.entries()) {
      const [x, y, z] = stop.platform_m;
      const waiting = this.link.state?.waiting[index] ?? 0;
      const label = this.label(`stop ${stop.id}`, 'label stop', null);
      const words = stopName(stop.name) + (waiting ? ` · ${waiting}` : '');
      if (label.textContent !== words) label.textContent = words;
      this.put(label, this.town.place(x, y, z, AT));
      shown.add(`stop ${stop.id}`);
    }
    for (const vehicle of this.link.state?.vehicles ?? []) {
      const at = this.placeOf(vehicle.name);
      if (!at) continue;
      const label = this.label(`vehicle ${vehicle.name}`, 'label own', () => this.choose(vehicle.name));
      label.dataset.mode = vehicle.mode;
      label.classList.toggle('near', scale < DOTS_FROM);
      if (label.textContent !== vehicle.name) label.textContent = vehicle.name;
      this.put(label, at);
      shown.add(`vehicle ${vehicle.name}`);
    }
    for (const [key, label] of this.names) label.hidden = !shown.has(key);
  }

  /** @param {string} key @param {string} kind @param {(() => void)|null} act @returns {HTMLElement} */
  label(key, kind, act) {
    let label = this.names.get(key);
    if (!label) {
      label = document.createElement(act ? 'button' : 'div');
      label.className = kind;
      if (act) { label.addEventListener('click', act); label.tabIndex = -1; }
      this.labels.append(label);
      this.names.set(key, label);
    }
    return label;
  }

  /** @param {HTMLElement} label @param {THREE.Vector3} at */
  put(label, at) {
    SCREEN.copy(at).project(this.camera);
    const [x, y] = [(SCREEN.x + 1) / 2 * this.host.clientWidth, (1 - SCREEN.y) / 2 * this.host.clientHeight];
    label.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  }

  close() {
    this.observer.disconnect();
    this.controls.dispose();
    this.renderer.dispose();
    this.host.replaceChildren();
  }
}

const POSE = { x: 0, y: 0, z: 0, heading: 0, pitch: 0 };
const AT = new THREE.Vector3();
const SCREEN = new THREE.Vector3();
