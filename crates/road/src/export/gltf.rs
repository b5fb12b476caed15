//! Surfaces as binary glTF 2.0: one node, one mesh, one primitive a material.
//!
//! glTF is right-handed with y up: east is x, up is y, north is -z. The node's translation is the middle of the map, so
//! that single precision is enough for every vertex. Source: ISO/IEC 12113:2022 (glTF 2.0), 3.6 for binary files.

use super::surface::{Material, surfaces};
use crate::draft::MapDraft;
use serde_json::{Value, json};

const FLOAT: u32 = 5126;
const UNSIGNED_INT: u32 = 5125;
const ARRAY_BUFFER: u32 = 34962;
const ELEMENT_ARRAY_BUFFER: u32 = 34963;

/// The roads of a map as a `.glb` file.
pub fn gltf(draft: &MapDraft) -> Vec<u8> {
    let surfaces = surfaces(draft);
    let mut low = [f64::INFINITY; 3];
    let mut high = [f64::NEG_INFINITY; 3];
    for position in surfaces.values().flat_map(|patch| &patch.positions_m) {
        for axis in 0..3 {
            low[axis] = low[axis].min(position[axis]);
            high[axis] = high[axis].max(position[axis]);
        }
    }
    let is_empty = surfaces.is_empty();
    let middle = [0, 1, 2].map(|axis| {
        if is_empty {
            0.0
        } else {
            (0.5 * (low[axis] + high[axis])).round()
        }
    });
    let mut file = Binary::default();
    let mut primitives = Vec::new();
    let mut materials = Vec::new();
    for (material, patch) in &surfaces {
        let positions = patch
            .positions_m
            .iter()
            .map(|&p| y_up([0, 1, 2].map(|axis| p[axis] - middle[axis])));
        let positions = file.vectors(positions, true);
        let normals = file.vectors(patch.normals.iter().map(|&normal| unit(y_up(normal))), false);
        let indices = file.indices(&patch.indices);
        primitives.push(json!({
            "attributes": { "POSITION": positions, "NORMAL": normals },
            "indices": indices, "material": materials.len(), "mode": 4,
        }));
        materials.push(material_json(*material));
    }
    let mut document = json!({
        "asset": { "version": "2.0", "generator": "Westline" },
        "scene": 0,
    });
    let object = document.as_object_mut().expect("an object was made");
    // Empty arrays are not allowed (5.17): a map without a surface is an empty scene.
    if is_empty {
        object.insert("scenes".into(), json!([{ "name": draft.name }]));
    } else {
        let translation = y_up(middle).map(|value| value + 0.0);
        object.insert("scenes".into(), json!([{ "name": draft.name, "nodes": [0] }]));
        object.insert(
            "nodes".into(),
            json!([{ "name": "roads", "mesh": 0, "translation": translation }]),
        );
        object.insert("meshes".into(), json!([{ "name": "roads", "primitives": primitives }]));
        object.insert("materials".into(), Value::Array(materials));
        object.insert("accessors".into(), Value::Array(std::mem::take(&mut file.accessors)));
        object.insert("bufferViews".into(), Value::Array(std::mem::take(&mut file.views)));
        object.insert("buffers".into(), json!([{ "byteLength": file.bytes.len() }]));
    }
    file.finish(&document)
}

fn y_up([east, north, up]: [f64; 3]) -> [f32; 3] {
    [east as f32, up as f32, -north as f32]
}

/// A normal of length 1 in single precision.
fn unit(vector: [f32; 3]) -> [f32; 3] {
    let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.map(|value| value / norm)
}

#[derive(Default)]
struct Binary {
    bytes: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

impl Binary {
    /// Adds an accessor of three floats each; positions tell their bounds (3.6.2.5).
    fn vectors(&mut self, vectors: impl Iterator<Item = [f32; 3]>, with_bounds: bool) -> usize {
        let offset = self.bytes.len();
        let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
        let mut count = 0;
        for vector in vectors {
            for axis in 0..3 {
                low[axis] = low[axis].min(vector[axis]);
                high[axis] = high[axis].max(vector[axis]);
                self.bytes.extend(vector[axis].to_le_bytes());
            }
            count += 1;
        }
        self.view(offset, ARRAY_BUFFER);
        let mut accessor = json!({
            "bufferView": self.views.len() - 1, "componentType": FLOAT, "count": count, "type": "VEC3",
        });
        if with_bounds {
            let object = accessor.as_object_mut().expect("an object was made");
            object.insert("min".into(), json!(low));
            object.insert("max".into(), json!(high));
        }
        self.accessors.push(accessor);
        self.accessors.len() - 1
    }

    fn indices(&mut self, indices: &[u32]) -> usize {
        let offset = self.bytes.len();
        self.bytes.extend(indices.iter().flat_map(|index| index.to_le_bytes()));
        self.view(offset, ELEMENT_ARRAY_BUFFER);
        self.accessors.push(json!({
            "bufferView": self.views.len() - 1, "componentType": UNSIGNED_INT, "count": indices.len(), "type": "SCALAR",
        }));
        self.accessors.len() - 1
    }

    fn view(&mut self, offset: usize, target: u32) {
        self.views.push(json!({
            "buffer": 0, "byteOffset": offset, "byteLength": self.bytes.len() - offset, "target": target,
        }));
    }

    /// Header, JSON chunk, binary chunk, each padded to four bytes (4.4).
    fn finish(self, document: &Value) -> Vec<u8> {
        let mut json = document.to_string().into_bytes();
        json.resize(json.len().next_multiple_of(4), b' ');
        let mut chunks = Vec::with_capacity(json.len() + self.bytes.len() + 28);
        let mut chunk = |kind: &[u8; 4], bytes: &[u8]| {
            chunks.extend((bytes.len() as u32).to_le_bytes());
            chunks.extend(kind);
            chunks.extend(bytes);
        };
        chunk(b"JSON", &json);
        if !self.bytes.is_empty() {
            chunk(b"BIN\0", &self.bytes);
        }
        let mut file = Vec::with_capacity(chunks.len() + 12);
        file.extend(b"glTF");
        file.extend(2_u32.to_le_bytes());
        file.extend((chunks.len() as u32 + 12).to_le_bytes());
        file.extend(chunks);
        file
    }
}

fn material_json(material: Material) -> Value {
    let (name, colour, roughness) = match material {
        Material::Asphalt => ("asphalt", [0.09, 0.09, 0.095], 0.95),
        Material::BusLane => ("bus lane", [0.25, 0.08, 0.06], 0.95),
        Material::BicycleLane => ("bicycle lane", [0.12, 0.2, 0.12], 0.95),
        Material::Sidewalk => ("sidewalk", [0.4, 0.39, 0.37], 0.95),
        Material::Verge => ("verge", [0.13, 0.22, 0.08], 1.0),
        Material::Rail => ("rail", [0.2, 0.17, 0.15], 0.8),
        Material::Kerb => ("kerb", [0.5, 0.5, 0.48], 0.9),
        Material::WhitePaint => ("white paint", [0.85, 0.85, 0.85], 0.6),
        Material::YellowPaint => ("yellow paint", [0.8, 0.5, 0.05], 0.6),
        Material::Concrete => ("concrete", [0.45, 0.45, 0.44], 0.9),
        Material::Building => ("building", [0.6, 0.56, 0.5], 0.9),
        Material::Water => ("water", [0.1, 0.2, 0.3], 0.2),
        Material::Green => ("green", [0.15, 0.26, 0.1], 1.0),
    };
    let [red, green, blue] = colour;
    json!({
        "name": name,
        "doubleSided": true,
        "pbrMetallicRoughness": {
            "baseColorFactor": [red, green, blue, 1.0], "metallicFactor": 0.0, "roughnessFactor": roughness,
        },
    })
}
