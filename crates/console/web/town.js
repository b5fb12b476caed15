/**
 * The town and everybody in it, as one three.js scene that the map looks at from above and the ride from within.
 *
 * In go the map's surface (binary glTF of the server), the site and the link's frames; out comes a scene whose layers
 * tell what is seen where: 0 both, 1 the map only, 2 the ride only. Axes: x east, y up, z south, from the middle of the
 * map. It computes nothing that the server knows; heights of the ground between roads are its own guess, for the eye.
 */
import * as THREE from 'three';

export const LAYER = { BOTH: 0, MAP: 1, RIDE: 2 };
/** Surfaces are cut into squares of this side, so that what is out of sight costs nothing. */
const TILE_M = 500;
/** The ground is guessed at points this far apart. */
const GROUND_M = 25;
/** The ground lies this much under the lowest road near it. */
const BELOW_M = 0.45;
/** Kinds of actors, by their number in frames. */
const KINDS = ['', 'car', 'van', 'truck', 'bus', 'own', 'bicycle', 'scooter', 'pedestrian', 'thing'];

/** Whether this browser draws without a graphics card: then smooth edges cost too much. */
export const IS_SOFTWARE = (() => {
  const gl = document.createElement('canvas').getContext('webgl2');
  const name = gl ? String(gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software/i.test(name);
})();

/** Colours by theme: [light, dark]. */
const SURFACES = {
  'asphalt': ['#8f959e', '#3c434e'], 'bus lane': ['#a98478', '#57413d'], 'bicycle lane': ['#86a08f', '#36493f'],
  'sidewalk': ['#c9c6bf', '#565a60'], 'verge': ['#a9bd97', '#2f4034'], 'rail': ['#7d7468', '#4a4640'],
  'kerb': ['#b7b5af', '#6b6f75'], 'white paint': ['#ffffff', '#c9d0d8'], 'yellow paint': ['#f4c443', '#c29a33'],
  'concrete': ['#b9b9b6', '#4b5057'], 'building': ['#ded6ca', '#3a434f'], 'water': ['#9cc3dc', '#1d3a50'],
  'green': ['#bfd3ab', '#223228'],
};
const GROUND = ['#e3e5df', '#181f27'];
const SKY = ['#cfe3f2', '#0d141c'];
const PAINTS = ['#f2f2ef', '#d9dadb', '#2f3338', '#5e646b', '#8c2f2b', '#2f4f78', '#3f5c48', '#b9a27c'];
const LIGHTS = ['#ff3b30', '#ffb300', '#22c55e', '#39414a'];

export class Town {
  /** @param {import('./site.js').Site} site */
  constructor(site) {
    this.site = site;
    this.scene = new THREE.Scene();
    this.origin = new THREE.Vector3();
    this.is_ready = false;
    /** Half the width of the line's way on the map. */
    this.way_half_m = { value: 2 };
    /** How much of it covers what lies below. */
    this.way_cover = { value: 0.7 };
    /** 1 when windows are lit. */
    this.night = { value: 0 };
    /** @type {Map<string, THREE.MeshLambertMaterial>} */ this.materials = new Map();
    this.is_dark = false;
    this.fog = new THREE.Fog(SKY[0], 250, 1100);
    this.scene.fog = this.fog;
    this.sun = new THREE.DirectionalLight('#fff4e0', 1.9);
    this.sun.position.set(-0.5, 1, 0.35);
    this.sky = new THREE.HemisphereLight('#e8f0f8', '#b9b2a4', 1.9);
    this.scene.add(this.sun, this.sky);
    for (const light of [this.sun, this.sky]) { light.layers.enableAll(); }
    /** @type {Map<string, THREE.InstancedMesh>} */ this.actors = new Map();
    this.dots = points(LAYER.MAP, 4);
    this.lights = points(LAYER.MAP, 6);
    this.scene.add(this.dots, this.lights);
    /** @type {number[]|null} */ this.lit = null;
  }

  /** A place of the map in the scene. @param {number} x @param {number} y @param {number} z @param {THREE.Vector3} into */
  place(x, y, z, into) {
    return into.set(x - this.origin.x, z - this.origin.y, -y - this.origin.z);
  }

  /** @param {string|null} [path] of the map's surface; null for bare ground around `middle` @param {number[]} [bare] the middle, x east, y up, z south */
  async load(path = 'api/map.glb', bare = [0, 0, 0]) {
    const answer = path === null ? null : await fetch(path);
    if (answer && !answer.ok) throw new Error(`the map: ${answer.status}`);
    const { middle, patches } = answer ? readGlb(await answer.arrayBuffer()) : { middle: bare, patches: [] };
    this.origin.fromArray(middle);
    this.ground = guessGround(patches);
    for (const patch of patches) this.addPatch(patch);
    this.addGround(patches);
    this.addWays();
    this.addSignals();
    this.setTheme(this.is_dark);
    this.is_ready = true;
  }

  /** @param {Patch} patch */
  addPatch(patch) {
    const is_area = patch.name === 'green' || patch.name === 'water';
    const is_building = patch.name === 'building';
    const ground = /** @type {Ground} */ (this.ground);
    if (is_building) liftBuildings(patch, ground);
    const material = new THREE.MeshLambertMaterial({ side: THREE.DoubleSide });
    // Seen from above areas lie under everything; in the ride the ground wears their colour.
    if (is_area) { material.depthTest = false; material.depthWrite = false; }
    if (patch.name.endsWith('paint')) { material.polygonOffset = true; material.polygonOffsetFactor = -2; material.polygonOffsetUnits = -2; }
    if (is_building) this.glaze(material);
    this.materials.set(patch.name, material);
    for (const geometry of tiles(patch)) {
      const mesh = new THREE.Mesh(geometry, material);
      mesh.matrixAutoUpdate = false;
      if (is_area) { mesh.layers.set(LAYER.MAP); mesh.renderOrder = patch.name === 'water' ? -1 : -2; }
      this.scene.add(mesh);
    }
  }

  /** Gives walls rows of windows, some of them lit when it is dark. @param {THREE.MeshLambertMaterial} material */
  glaze(material) {
    material.onBeforeCompile = (shader) => {
      shader.uniforms.night = this.night;
      shader.vertexShader = `varying vec3 v_place; varying vec3 v_wall;\n${shader.vertexShader}`
        .replace('#include <begin_vertex>', '#include <begin_vertex>\nv_place = position; v_wall = normal;');
      shader.fragmentShader = `uniform float night; varying vec3 v_place; varying vec3 v_wall;\n${shader.fragmentShader}`
        .replace('#include <color_fragment>', `#include <color_fragment>
          float window_lit = 0.0;
          if (abs(v_wall.y) < 0.4) {
            vec2 at = vec2(dot(v_place.xz, vec2(-v_wall.z, v_wall.x)) / 3.0, v_place.y / 3.3);
            vec2 cell = fract(at);
            float pane = step(0.22, cell.x) * step(cell.x, 0.78) * step(0.3, cell.y) * step(cell.y, 0.8);
            float luck = fract(sin(dot(floor(at), vec2(12.9898, 78.233))) * 43758.5453);
            // Far away panes are smaller than pixels: they fade into a tone before they flicker.
            float near = 1.0 - smoothstep(0.25, 0.9, max(fwidth(at.x), fwidth(at.y)));
            diffuseColor.rgb = mix(diffuseColor.rgb, diffuseColor.rgb * vec3(0.55, 0.62, 0.7), mix(0.28, pane, near) * 0.8);
            window_lit = pane * near * night * step(0.72, luck);
          }`)
        .replace('#include <opaque_fragment>', 'outgoingLight += window_lit * vec3(0.75, 0.55, 0.25);\n#include <opaque_fragment>');
    };
  }

  /** @param {Patch[]} patches */
  addGround(patches) {
    const g = /** @type {Ground} */ (this.ground);
    const geometry = new THREE.BufferGeometry();
    const positions = new Float32Array(3 * g.columns * g.rows);
    for (let row = 0; row < g.rows; row += 1) {
      for (let column = 0; column < g.columns; column += 1) {
        const at = row * g.columns + column;
        positions.set([g.west + column * GROUND_M, g.heights[at] - BELOW_M, g.north + row * GROUND_M], 3 * at);
      }
    }
    const index = new Uint32Array(6 * (g.columns - 1) * (g.rows - 1));
    let next = 0;
    for (let row = 0; row + 1 < g.rows; row += 1) {
      for (let column = 0; column + 1 < g.columns; column += 1) {
        const a = row * g.columns + column;
        const b = a + g.columns;
        index.set([a, b, a + 1, a + 1, b, b + 1], next);
        next += 6;
      }
    }
    geometry.setAttribute('position', new THREE.BufferAttribute(positions, 3));
    geometry.setIndex(new THREE.BufferAttribute(index, 1));
    geometry.computeVertexNormals();
    this.ground_kind = groundKinds(g, patches);
    geometry.setAttribute('color', new THREE.BufferAttribute(new Float32Array(positions.length), 3));
    this.ground_mesh = new THREE.Mesh(geometry, new THREE.MeshLambertMaterial({ vertexColors: true }));
    this.ground_mesh.layers.set(LAYER.RIDE);
    this.scene.add(this.ground_mesh);
  }

  /** The line's way over the map. */
  addWays() {
    const at = new THREE.Vector3();
    for (const pattern of this.site.patterns) {
      /** @type {number[]} */ const strip = [];
      /** @type {number[]} */ const sides = [];
      /** @type {number[]} */ const index = [];
      const points_m = pattern.points_m;
      for (let i = 0; i < points_m.length; i += 1) {
        const [x, y, z] = points_m[i];
        const [before, after] = [points_m[Math.max(0, i - 1)], points_m[Math.min(points_m.length - 1, i + 1)]];
        const [dx, dy] = [after[0] - before[0], after[1] - before[1]];
        const long = Math.hypot(dx, dy) || 1;
        this.place(x, y, z + 0.3, at);
        strip.push(at.x, at.y, at.z, at.x, at.y, at.z);
        // Left and right of the way; how far is the map's to say, by its scale.
        sides.push(-dy / long, 0, -dx / long, dy / long, 0, dx / long);
        if (i) index.push(2 * i - 2, 2 * i, 2 * i - 1, 2 * i - 1, 2 * i, 2 * i + 1);
      }
      const geometry = new THREE.BufferGeometry();
      geometry.setAttribute('position', new THREE.Float32BufferAttribute(strip, 3));
      geometry.setAttribute('side', new THREE.Float32BufferAttribute(sides, 3));
      geometry.setIndex(index);
      const line = new THREE.Mesh(geometry, new THREE.ShaderMaterial({
        uniforms: { half_m: this.way_half_m, cover: this.way_cover, tint: { value: new THREE.Color(pattern.colour ? `#${pattern.colour.replace('#', '')}` : '#0b8ac4') } },
        vertexShader: 'attribute vec3 side; uniform float half_m; void main() { gl_Position = projectionMatrix * modelViewMatrix * vec4(position + half_m * side, 1.0); }',
        fragmentShader: 'uniform vec3 tint; uniform float cover; void main() { gl_FragColor = vec4(tint, cover);\n#include <colorspace_fragment>\n}',
        depthTest: false, transparent: true, side: THREE.DoubleSide,
      }));
      line.frustumCulled = false;
      line.layers.set(LAYER.MAP);
      line.renderOrder = 5;
      this.scene.add(line);
    }
  }

  /** Posts with three lamps for the ride, dots for the map. */
  addSignals() {
    const signals = this.site.signals;
    const lamps = new THREE.InstancedMesh(new THREE.SphereGeometry(0.16, 8, 6), new THREE.MeshBasicMaterial(), Math.max(1, 3 * signals.length));
    const posts = new THREE.InstancedMesh(postGeometry(), new THREE.MeshLambertMaterial({ vertexColors: true }), Math.max(1, signals.length));
    const dots = new Float32Array(3 * signals.length);
    const at = new THREE.Vector3();
    const matrix = new THREE.Matrix4();
    signals.forEach(([x, y, z, heading, is_for_people], index) => {
      this.place(x, y, z, at);
      dots.set([at.x, at.y + 0.5, at.z], 3 * index);
      const tall = is_for_people ? 0.55 : 1;
      matrix.makeRotationY(heading).scale(new THREE.Vector3(1, tall, 1)).setPosition(at);
      posts.setMatrixAt(index, matrix);
      for (let lamp = 0; lamp < 3; lamp += 1) {
        matrix.makeTranslation(at.x, at.y + 5.15 * tall - 0.42 * lamp * tall, at.z);
        lamps.setMatrixAt(3 * index + lamp, matrix);
        lamps.setColorAt(3 * index + lamp, new THREE.Color('#20242a'));
      }
    });
    for (const mesh of [lamps, posts]) { mesh.layers.set(LAYER.RIDE); mesh.frustumCulled = false; this.scene.add(mesh); }
    this.lamps = lamps;
    this.lights.geometry.setAttribute('position', new THREE.BufferAttribute(dots, 3));
    this.lights.geometry.setAttribute('color', new THREE.BufferAttribute(new Float32Array(dots.length), 3));
  }

  /** @param {boolean} is_dark */
  setTheme(is_dark) {
    this.is_dark = is_dark;
    const pick = is_dark ? 1 : 0;
    for (const [name, material] of this.materials) material.color.set(SURFACES[/** @type {keyof typeof SURFACES} */ (name)]?.[pick] ?? '#999999');
    this.night.value = pick;
    this.fog.color.set(SKY[pick]);
    this.sun.intensity = is_dark ? 0.9 : 1.5;
    this.sky.intensity = is_dark ? 1.5 : 1.9;
    if (this.ground_mesh && this.ground_kind) {
      const colours = this.ground_mesh.geometry.getAttribute('color');
      const by_kind = [GROUND[pick], SURFACES.green[pick], SURFACES.water[pick]].map((colour) => new THREE.Color(colour));
      // Bare ground between roads of a town is grown over, too.
      by_kind[0].lerp(new THREE.Color(SURFACES.verge[pick]), 0.55);
      this.ground_kind.forEach((kind, index) => colours.setXYZ(index, by_kind[kind].r, by_kind[kind].g, by_kind[kind].b));
      colours.needsUpdate = true;
    }
  }

  /** The colour behind everything: of the ground for the map, of the sky for the ride. @param {boolean} is_map */
  background(is_map) {
    return (is_map ? GROUND : SKY)[this.is_dark ? 1 : 0];
  }

  /**
   * Puts everybody where they are now.
   * @param {import('./link.js').Link} link @param {number|null} hidden an actor that is not to be seen: whoever sits in it
   */
  update(link, hidden) {
    const frame = link.frame;
    if (!frame || !this.is_ready) return;
    const { share } = link.now();
    const counts = /** @type {Record<string, number>} */ ({});
    const dots = room(this.dots, frame.count);
    for (let row = 0; row < frame.count; row += 1) {
      link.at(row, share, POSE);
      const shape = 4 * frame.shape[row];
      const name = frame.flags[row] & 4 ? 'own' : KINDS[frame.shapes[shape]] || 'car';
      this.place(POSE.x, POSE.y, POSE.z, AT);
      const index = (counts[name] = (counts[name] ?? -1) + 1);
      const mesh = this.meshOf(name, index + 1);
      TURN.setFromEuler(EULER.set(0, POSE.heading, POSE.pitch, 'YZX'));
      const [length, width, height] = [frame.shapes[shape + 1], frame.shapes[shape + 2], frame.shapes[shape + 3]];
      const shown = frame.id[row] === hidden ? 0 : 0.001;
      SIZE.set(length * shown, height * shown, width * shown);
      mesh.setMatrixAt(index, MATRIX.compose(AT, TURN, SIZE));
      mesh.setColorAt(index, paint(name, frame.id[row]));
      dots.position.setXYZ(row, AT.x, AT.y + 3, AT.z);
      const colour = name === 'pedestrian' ? DOT.people : name === 'own' ? DOT.own : DOT.traffic;
      dots.color.setXYZ(row, colour.r, colour.g, colour.b);
    }
    for (const [name, mesh] of this.actors) {
      mesh.count = (counts[name] ?? -1) + 1;
      mesh.instanceMatrix.needsUpdate = true;
      if (mesh.instanceColor) mesh.instanceColor.needsUpdate = true;
    }
    this.dots.geometry.setDrawRange(0, frame.count);
    dots.position.needsUpdate = true;
    dots.color.needsUpdate = true;
    this.light(frame.signals);
  }

  /** @param {Uint8Array} signals */
  light(signals) {
    if (!this.lamps || (this.lit && signals.every((colour, index) => colour === /** @type {number[]} */ (this.lit)[index]))) return;
    this.lit = Array.from(signals);
    const colours = this.lights.geometry.getAttribute('color');
    const dark = new THREE.Color('#20242a');
    for (let index = 0; index < Math.min(signals.length, this.site.signals.length); index += 1) {
      const colour = LIGHT[signals[index]] ?? LIGHT[3];
      colours.setXYZ(index, colour.r, colour.g, colour.b);
      for (let lamp = 0; lamp < 3; lamp += 1) this.lamps.setColorAt(3 * index + lamp, signals[index] === lamp ? colour : dark);
    }
    colours.needsUpdate = true;
    if (this.lamps.instanceColor) this.lamps.instanceColor.needsUpdate = true;
  }

  /** The mesh of a kind, with room for so many. @param {string} name @param {number} count @returns {THREE.InstancedMesh} */
  meshOf(name, count) {
    const old = this.actors.get(name);
    if (old && old.instanceMatrix.count >= count) return old;
    const mesh = new THREE.InstancedMesh(old?.geometry ?? bodyOf(name), old?.material ?? new THREE.MeshLambertMaterial({ vertexColors: true }), Math.max(32, 2 * count));
    mesh.frustumCulled = false;
    mesh.instanceMatrix.setUsage(THREE.DynamicDrawUsage);
    if (old) {
      mesh.instanceMatrix.array.set(old.instanceMatrix.array);
      mesh.instanceColor = new THREE.InstancedBufferAttribute(new Float32Array(3 * mesh.instanceMatrix.count), 3);
      if (old.instanceColor) mesh.instanceColor.array.set(old.instanceColor.array);
      this.scene.remove(old);
      old.dispose();
    }
    this.actors.set(name, mesh);
    this.scene.add(mesh);
    return mesh;
  }
}

const POSE = { x: 0, y: 0, z: 0, heading: 0, pitch: 0 };
const AT = new THREE.Vector3();
const SIZE = new THREE.Vector3();
const TURN = new THREE.Quaternion();
const EULER = new THREE.Euler();
const MATRIX = new THREE.Matrix4();
const PAINT = PAINTS.map((colour) => new THREE.Color(colour));
const CLOTHES = ['#b5533c', '#44617b', '#5b7553', '#c7a252', '#7d5a86', '#d8d4cc'].map((colour) => new THREE.Color(colour));
const OWN = new THREE.Color('#ffffff');
const LIGHT = LIGHTS.map((colour) => new THREE.Color(colour));
const DOT = { people: new THREE.Color('#e07b39'), own: new THREE.Color('#0b8ac4'), traffic: new THREE.Color('#4c5763') };

/** @param {string} name @param {number} id */
function paint(name, id) {
  if (name === 'own') return OWN;
  const spread = (id * 2654435761) >>> 8;
  return name === 'pedestrian' || name === 'bicycle' || name === 'scooter' ? CLOTHES[spread % CLOTHES.length] : PAINT[spread % PAINT.length];
}

/** @param {number} layer @param {number} size */
function points(layer, size) {
  const material = new THREE.PointsMaterial({ size, sizeAttenuation: false, vertexColors: true, depthTest: false });
  const cloud = new THREE.Points(new THREE.BufferGeometry(), material);
  cloud.layers.set(layer);
  cloud.frustumCulled = false;
  cloud.renderOrder = 8;
  return cloud;
}

/** Columns for so many points. @param {THREE.Points} cloud @param {number} count */
function room(cloud, count) {
  const has = cloud.geometry.getAttribute('position');
  if (!has || has.count < count) {
    for (const name of ['position', 'color']) cloud.geometry.setAttribute(name, new THREE.BufferAttribute(new Float32Array(6 * Math.max(count, 64)), 3));
  }
  return { position: cloud.geometry.getAttribute('position'), color: cloud.geometry.getAttribute('color') };
}

/** @typedef {{name: string, positions: Float32Array, normals: Float32Array, indices: Uint32Array}} Patch */

/** The surfaces of a binary glTF as the server writes it. @param {ArrayBuffer} bytes @returns {{middle: number[], patches: Patch[]}} */
function readGlb(bytes) {
  const head = new DataView(bytes);
  const length = head.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 20, length)));
  const start = 20 + length + 8;
  const view = (/** @type {number} */ index) => {
    const accessor = json.accessors[index];
    const offset = start + (json.bufferViews[accessor.bufferView].byteOffset ?? 0) + (accessor.byteOffset ?? 0);
    return { offset, count: accessor.count };
  };
  const floats = (/** @type {number} */ index) => { const v = view(index); return new Float32Array(bytes.slice(v.offset, v.offset + 12 * v.count)); };
  const patches = (json.meshes?.[0]?.primitives ?? []).map((/** @type {any} */ primitive) => {
    const indices = view(primitive.indices);
    return {
      name: json.materials[primitive.material].name, positions: floats(primitive.attributes.POSITION), normals: floats(primitive.attributes.NORMAL),
      indices: new Uint32Array(bytes.slice(indices.offset, indices.offset + 4 * indices.count)),
    };
  });
  return { middle: json.nodes?.[0]?.translation ?? [0, 0, 0], patches };
}

/** A patch in squares. @param {Patch} patch @returns {THREE.BufferGeometry[]} */
function tiles({ positions, normals, indices }) {
  /** @type {Map<string, number[]>} */ const triangles = new Map();
  for (let t = 0; t < indices.length; t += 3) {
    const a = 3 * indices[t];
    const key = `${Math.floor(positions[a] / TILE_M)},${Math.floor(positions[a + 2] / TILE_M)}`;
    const list = triangles.get(key);
    if (list) list.push(t); else triangles.set(key, [t]);
  }
  return [...triangles.values()].map((list) => {
    /** @type {Map<number, number>} */ const number = new Map();
    const index = new Uint32Array(3 * list.length);
    list.forEach((t, at) => {
      for (let corner = 0; corner < 3; corner += 1) {
        const old = indices[t + corner];
        if (!number.has(old)) number.set(old, number.size);
        index[3 * at + corner] = /** @type {number} */ (number.get(old));
      }
    });
    const [p, n] = [new Float32Array(3 * number.size), new Float32Array(3 * number.size)];
    for (const [old, now] of number) { p.set(positions.subarray(3 * old, 3 * old + 3), 3 * now); n.set(normals.subarray(3 * old, 3 * old + 3), 3 * now); }
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute('position', new THREE.BufferAttribute(p, 3));
    geometry.setAttribute('normal', new THREE.BufferAttribute(n, 3));
    geometry.setIndex(new THREE.BufferAttribute(index, 1));
    geometry.computeBoundingSphere();
    return geometry;
  });
}

/** @typedef {{west: number, north: number, columns: number, rows: number, heights: Float32Array}} Ground */

/** Heights of the ground: the lowest road of each square, spread to where there is none. @param {Patch[]} patches @returns {Ground} */
function guessGround(patches) {
  let [west, east, north, south] = [Infinity, -Infinity, Infinity, -Infinity];
  const roads = patches.filter(({ name }) => ['asphalt', 'sidewalk', 'bicycle lane', 'verge', 'bus lane'].includes(name));
  for (const { positions } of roads) {
    for (let i = 0; i < positions.length; i += 3) {
      west = Math.min(west, positions[i]); east = Math.max(east, positions[i]);
      north = Math.min(north, positions[i + 2]); south = Math.max(south, positions[i + 2]);
    }
  }
  if (!(east > west)) [west, east, north, south] = [0, 100, 0, 100];
  west -= 300; north -= 300;
  const columns = Math.ceil((east + 300 - west) / GROUND_M) + 1;
  const rows = Math.ceil((south + 300 - north) / GROUND_M) + 1;
  const lowest = new Float32Array(columns * rows).fill(Infinity);
  const put = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ z) => {
    const [c, r] = [Math.floor((x - west) / GROUND_M), Math.floor((z - north) / GROUND_M)];
    for (const at of [r * columns + c, r * columns + c + 1, (r + 1) * columns + c, (r + 1) * columns + c + 1]) lowest[at] = Math.min(lowest[at], y);
  };
  for (const { positions, indices } of roads) {
    for (let t = 0; t < indices.length; t += 3) {
      const [a, b, c] = [3 * indices[t], 3 * indices[t + 1], 3 * indices[t + 2]];
      const span = Math.max(Math.hypot(positions[a] - positions[b], positions[a + 2] - positions[b + 2]), Math.hypot(positions[a] - positions[c], positions[a + 2] - positions[c + 2]));
      const steps = Math.max(1, Math.ceil(span / GROUND_M));
      for (let i = 0; i <= steps; i += 1) {
        const share = i / steps;
        for (const end of [b, c]) put(positions[a] + share * (positions[end] - positions[a]), positions[a + 1] + share * (positions[end + 1] - positions[a + 1]), positions[a + 2] + share * (positions[end + 2] - positions[a + 2]));
      }
    }
  }
  // From coarse to fine: each level fills what it does not know from the one above.
  const heights = fill(lowest, columns, rows);
  return { west, north, columns, rows, heights };
}

/** @param {Float32Array} known @param {number} columns @param {number} rows @returns {Float32Array} */
function fill(known, columns, rows) {
  if (columns <= 4 && rows <= 4) {
    const finite = Array.from(known).filter(Number.isFinite);
    const mean = finite.length ? finite.reduce((a, b) => a + b, 0) / finite.length : 0;
    return known.map((h) => (Number.isFinite(h) ? h : mean));
  }
  const [c2, r2] = [Math.ceil(columns / 2) + 1, Math.ceil(rows / 2) + 1];
  const [sum, count] = [new Float32Array(c2 * r2), new Float32Array(c2 * r2)];
  for (let i = 0; i < known.length; i += 1) {
    if (!Number.isFinite(known[i])) continue;
    const at = (Math.floor(i / columns) >> 1) * c2 + ((i % columns) >> 1);
    sum[at] += known[i]; count[at] += 1;
  }
  const coarse = fill(sum.map((s, i) => (count[i] ? s / count[i] : Infinity)), c2, r2);
  const at = (/** @type {number} */ c, /** @type {number} */ r) => coarse[Math.min(r, r2 - 1) * c2 + Math.min(c, c2 - 1)];
  return known.map((h, i) => {
    if (Number.isFinite(h)) return h;
    const [c, r] = [(i % columns) / 2, Math.floor(i / columns) / 2];
    const [c0, r0, fc, fr] = [Math.floor(c), Math.floor(r), c % 1, r % 1];
    return (1 - fr) * ((1 - fc) * at(c0, r0) + fc * at(c0 + 1, r0)) + fr * ((1 - fc) * at(c0, r0 + 1) + fc * at(c0 + 1, r0 + 1));
  });
}

/** @param {Ground} g @param {number} x @param {number} z */
function heightAt(g, x, z) {
  const c = Math.min(Math.max((x - g.west) / GROUND_M, 0), g.columns - 1.001);
  const r = Math.min(Math.max((z - g.north) / GROUND_M, 0), g.rows - 1.001);
  const [c0, r0] = [Math.floor(c), Math.floor(r)];
  const at = r0 * g.columns + c0;
  const [fc, fr] = [c - c0, r - r0];
  return (1 - fr) * ((1 - fc) * g.heights[at] + fc * g.heights[at + 1]) + fr * ((1 - fc) * g.heights[at + g.columns] + fc * g.heights[at + g.columns + 1]);
}

/** Buildings are told from the map's zero up: their feet are set on the ground. @param {Patch} patch @param {Ground} ground */
function liftBuildings({ positions }, ground) {
  let zero = Infinity;
  for (let i = 1; i < positions.length; i += 3) zero = Math.min(zero, positions[i]);
  for (let i = 0; i < positions.length; i += 3) {
    const foot = heightAt(ground, positions[i], positions[i + 2]);
    const over = positions[i + 1] - zero;
    positions[i + 1] = over < 0.01 ? foot - 4 : foot + over;
  }
}

/** What grows where: 0 bare, 1 green, 2 water. @param {Ground} g @param {Patch[]} patches @returns {Uint8Array} */
function groundKinds(g, patches) {
  const kinds = new Uint8Array(g.columns * g.rows);
  for (const [kind, name] of /** @type {[number, string][]} */ ([[1, 'green'], [2, 'water']])) {
    const patch = patches.find((other) => other.name === name);
    if (!patch) continue;
    const { positions: p, indices } = patch;
    for (let t = 0; t < indices.length; t += 3) {
      const [a, b, c] = [3 * indices[t], 3 * indices[t + 1], 3 * indices[t + 2]];
      const [ax, az, bx, bz, cx, cz] = [p[a], p[a + 2], p[b], p[b + 2], p[c], p[c + 2]];
      const cell = (/** @type {number} */ v, /** @type {number} */ from, /** @type {number} */ most) => Math.min(Math.max(v - from, 0) / GROUND_M, most - 1);
      const area = (bx - ax) * (cz - az) - (bz - az) * (cx - ax);
      if (!area) continue;
      for (let r = Math.ceil(cell(Math.min(az, bz, cz), g.north, g.rows)); r <= cell(Math.max(az, bz, cz), g.north, g.rows); r += 1) {
        for (let k = Math.ceil(cell(Math.min(ax, bx, cx), g.west, g.columns)); k <= cell(Math.max(ax, bx, cx), g.west, g.columns); k += 1) {
          const [x, z] = [g.west + k * GROUND_M, g.north + r * GROUND_M];
          const u = ((bx - x) * (cz - z) - (bz - z) * (cx - x)) / area;
          const v = ((cx - x) * (az - z) - (cz - z) * (ax - x)) / area;
          if (u >= 0 && v >= 0 && u + v <= 1) kinds[r * g.columns + k] = kind;
        }
      }
    }
  }
  return kinds;
}

/** Parts of a body: [from, to] along, up and across, as shares of its box, and a colour that its paint multiplies. */
/** @typedef {{x: [number, number], y: [number, number], z: [number, number], taper?: number, colour: string}} Part */

/** @param {string} name @returns {THREE.BufferGeometry} a body in a box of length 1 (x), height 1 (y, from 0), width 1 (z) */
function bodyOf(name) {
  const glass = '#26323d';
  const wheel = '#1b1d20';
  /** @type {(at: number[], height: number) => Part[]} */
  const wheels = (at, height) => at.flatMap((x) => /** @type {Part[]} */ ([-0.5, 0.34].map((z) => ({ x: [x - 0.07, x + 0.07], y: [0, height], z: [z, z + 0.16], colour: wheel }))));
  /** @type {Record<string, Part[]>} */
  const parts = {
    car: [...wheels([-0.31, 0.31], 0.42), { x: [-0.5, 0.5], y: [0.17, 0.6], z: [-0.5, 0.5], colour: '#ffffff' }, { x: [-0.4, 0.22], y: [0.6, 0.93], z: [-0.44, 0.44], taper: 0.78, colour: glass }, { x: [-0.33, 0.12], y: [0.93, 1], z: [-0.36, 0.36], colour: '#ffffff' }, ...lamps(0.42)],
    van: [...wheels([-0.31, 0.31], 0.3), { x: [-0.5, 0.5], y: [0.12, 0.55], z: [-0.5, 0.5], colour: '#ffffff' }, { x: [-0.5, 0.34], y: [0.55, 1], z: [-0.49, 0.49], taper: 0.93, colour: '#ffffff' }, { x: [0.1, 0.37], y: [0.55, 0.86], z: [-0.5, 0.5], colour: glass }, ...lamps(0.36)],
    truck: [...wheels([-0.34, -0.2, 0.36], 0.28), { x: [0.28, 0.5], y: [0.12, 0.74], z: [-0.48, 0.48], colour: '#ffffff' }, { x: [0.4, 0.505], y: [0.42, 0.66], z: [-0.46, 0.46], colour: glass }, { x: [-0.5, 0.26], y: [0.2, 1], z: [-0.5, 0.5], colour: '#c9ccd0' }, ...lamps(0.24)],
    bus: [...wheels([-0.3, 0.32], 0.3), { x: [-0.5, 0.5], y: [0.1, 0.42], z: [-0.5, 0.5], colour: '#ffffff' }, { x: [-0.497, 0.503], y: [0.42, 0.8], z: [-0.495, 0.495], colour: glass }, { x: [-0.5, 0.49], y: [0.8, 1], z: [-0.5, 0.5], colour: '#ffffff' }, ...lamps(0.28)],
    own: [...wheels([-0.32, 0.32], 0.27), { x: [-0.5, 0.5], y: [0.1, 0.3], z: [-0.5, 0.5], colour: '#0b8ac4' }, { x: [-0.5, 0.5], y: [0.3, 0.4], z: [-0.5, 0.5], colour: '#ffffff' }, { x: [-0.497, 0.504], y: [0.4, 0.82], z: [-0.495, 0.495], colour: glass }, { x: [-0.49, 0.48], y: [0.82, 0.94], z: [-0.49, 0.49], taper: 0.94, colour: '#ffffff' }, { x: [0.25, 0.4], y: [0.94, 1], z: [-0.22, 0.22], colour: '#31a9dd' }, ...lamps(0.3)],
    bicycle: rider(0.52), scooter: rider(0.62),
    thing: [{ x: [-0.5, 0.5], y: [0, 1], z: [-0.5, 0.5], colour: '#b98a4e' }],
    pedestrian: [{ x: [-0.25, 0.25], y: [0, 0.48], z: [-0.32, 0.32], colour: '#39414d' }, { x: [-0.3, 0.3], y: [0.48, 0.84], z: [-0.46, 0.46], taper: 0.8, colour: '#ffffff' }, { x: [-0.22, 0.22], y: [0.86, 1], z: [-0.22, 0.22], colour: '#c99a78' }],
  };
  return boxes(parts[name] ?? parts.car);
}

/** @param {number} y @returns {Part[]} */
function lamps(y) {
  return /** @type {Part[]} */ ([-0.44, 0.26].flatMap((z) => [
    { x: [0.49, 0.508], y: [y, y + 0.09], z: [z, z + 0.18], colour: '#fff6d8' }, { x: [-0.508, -0.49], y: [y, y + 0.09], z: [z, z + 0.18], colour: '#d42a24' },
  ]));
}

/** @param {number} seat @returns {Part[]} */
function rider(seat) {
  return [
    { x: [-0.5, -0.2], y: [0, 0.36], z: [-0.08, 0.08], colour: '#1b1d20' }, { x: [0.2, 0.5], y: [0, 0.36], z: [-0.08, 0.08], colour: '#1b1d20' },
    { x: [-0.3, 0.36], y: [0.2, 0.42], z: [-0.12, 0.12], colour: '#4b525b' }, { x: [0.28, 0.34], y: [0.42, 0.62], z: [-0.45, 0.45], colour: '#30353b' },
    { x: [-0.2, 0.12], y: [0.4, seat + 0.26], z: [-0.36, 0.36], colour: '#ffffff' }, { x: [-0.12, 0.1], y: [seat + 0.28, 1], z: [-0.22, 0.22], colour: '#c99a78' },
  ];
}

/** @param {Part[]} parts */
function boxes(parts) {
  /** @type {number[]} */ const positions = [];
  /** @type {number[]} */ const normals = [];
  /** @type {number[]} */ const colours = [];
  const tint = new THREE.Color();
  for (const { x, y, z, taper = 1, colour } of parts) {
    const box = new THREE.BoxGeometry(1, 1, 1).toNonIndexed();
    const p = box.getAttribute('position');
    for (let i = 0; i < p.count; i += 1) {
      const narrow = p.getY(i) > 0 ? taper : 1;
      p.setXYZ(i, (x[0] + x[1]) / 2 + p.getX(i) * narrow * (x[1] - x[0]), y[0] + (p.getY(i) + 0.5) * (y[1] - y[0]), (z[0] + z[1]) / 2 + p.getZ(i) * narrow * (z[1] - z[0]));
    }
    box.computeVertexNormals();
    positions.push(...p.array);
    normals.push(...box.getAttribute('normal').array);
    tint.set(colour);
    for (let i = 0; i < p.count; i += 1) colours.push(tint.r, tint.g, tint.b);
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute('position', new THREE.Float32BufferAttribute(positions, 3));
  geometry.setAttribute('normal', new THREE.Float32BufferAttribute(normals, 3));
  geometry.setAttribute('color', new THREE.Float32BufferAttribute(colours, 3));
  return geometry;
}

function postGeometry() {
  return boxes([
    { x: [-0.07, 0.07], y: [0, 4.0], z: [-0.07, 0.07], colour: '#6a7079' },
    { x: [-0.12, 0.12], y: [4.05, 5.4], z: [-0.24, 0.24], colour: '#15181c' },
  ]);
}
