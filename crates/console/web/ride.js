/**
 * The ride: the town from a vehicle, behind it, in its driver's seat, or from wherever one turns.
 *
 * A town, a link and a vehicle's name go in; a canvas shows what the world looks like from there.
 */
import * as THREE from 'three';
import { OrbitControls } from 'three/controls';
import { IS_SOFTWARE, LAYER } from './town.js';

export class RideView {
  /** @param {HTMLElement} host @param {import('./town.js').Town} town @param {import('./link.js').Link} link */
  constructor(host, town, link) {
    this.host = host; this.town = town; this.link = link;
    this.canvas = document.createElement('canvas');
    host.append(this.canvas);
    this.renderer = new THREE.WebGLRenderer({ canvas: this.canvas, antialias: !IS_SOFTWARE, powerPreference: 'high-performance' });
    this.camera = new THREE.PerspectiveCamera(58, 1, 0.3, 2500);
    this.camera.layers.enable(LAYER.RIDE);
    this.controls = new OrbitControls(this.camera, this.canvas);
    Object.assign(this.controls, { enablePan: false, maxPolarAngle: 1.5, minDistance: 6, maxDistance: 160 });
    this.controls.enabled = false;
    /** @type {string|null} */ this.name = null;
    /** @type {'chase'|'seat'|'orbit'} */ this.from = 'chase';
    this.heading = NaN;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.resize();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 1.5));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
  }

  /** @param {'chase'|'seat'|'orbit'} from */
  setFrom(from) {
    this.from = from;
    this.controls.enabled = from === 'orbit';
    this.heading = NaN;
  }

  /** The actor that is not to be seen because one sits in it. @returns {number|null} */
  hidden() {
    return this.from === 'seat' ? this.vehicle()?.actor ?? null : null;
  }

  vehicle() {
    const vehicles = this.link.state?.vehicles ?? [];
    return vehicles.find((vehicle) => vehicle.name === this.name) ?? vehicles.find((vehicle) => vehicle.phase === 'driving') ?? vehicles[0];
  }

  draw() {
    const row = this.link.rowOf(this.vehicle()?.actor);
    if (!this.town.is_ready || row < 0) return;
    this.link.at(row, this.link.now().share, POSE);
    this.town.place(POSE.x, POSE.y, POSE.z, AT);
    if (!(Math.abs(angle(POSE.heading - this.heading)) < 1)) this.heading = POSE.heading;
    this.heading += 0.08 * angle(POSE.heading - this.heading);
    const heading = this.from === 'seat' ? POSE.heading : this.heading;
    const [ahead_x, ahead_z] = [Math.cos(heading), -Math.sin(heading)];
    if (this.from === 'seat') {
      this.camera.position.set(AT.x + 2.2 * ahead_x, AT.y + 1.9, AT.z + 2.2 * ahead_z);
      this.camera.lookAt(AT.x + 30 * ahead_x, AT.y + 1.0 + 30 * Math.tan(POSE.pitch), AT.z + 30 * ahead_z);
    } else if (this.from === 'chase') {
      this.camera.position.set(AT.x - 12 * ahead_x, AT.y + 5.6, AT.z - 12 * ahead_z);
      this.camera.lookAt(AT.x + 9 * ahead_x, AT.y + 0.8, AT.z + 9 * ahead_z);
    } else {
      TARGET.set(AT.x, AT.y + 1.2, AT.z);
      const moved = TARGET.clone().sub(this.controls.target);
      if (moved.length() > 200) this.camera.position.copy(TARGET).add(new THREE.Vector3(-14, 9, 14));
      else this.camera.position.add(moved);
      this.controls.target.copy(TARGET);
      this.controls.update();
    }
    this.town.fog.near = 180; this.town.fog.far = 1300;
    this.renderer.setClearColor(this.town.background(false));
    this.town.dots.visible = false;
    this.renderer.render(this.town.scene, this.camera);
  }

  close() {
    this.observer.disconnect();
    this.controls.dispose();
    this.renderer.dispose();
    this.host.replaceChildren();
  }
}

/** @param {number} turn @returns {number} between -π and π */
function angle(turn) {
  return Math.atan2(Math.sin(turn), Math.cos(turn));
}

const POSE = { x: 0, y: 0, z: 0, heading: 0, pitch: 0 };
const AT = new THREE.Vector3();
const TARGET = new THREE.Vector3();
