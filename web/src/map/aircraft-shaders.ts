/** The shaders that extrapolate each aircraft along its track and draw it as a rotated icon. */

import type { ShaderModule } from "@luma.gl/shadertools";
import { GLIDE } from "./glide-shader.ts";
import { ATLAS_COLUMNS, ATLAS_ROWS } from "./shape-atlas.ts";
import { SHAPE_SIZES } from "./shapes.ts";

// Not an interface: luma.gl requires an index signature, which TypeScript infers for types only.
export type AircraftUniforms = {
  /** Seconds since the epoch of the buffers. */
  now: number;
  /** 1 extrapolates positions to `now`, 0 draws them as received. */
  glide: number;
  degreesPerPixel: number;
  /** Width and height in pixels of the icon of an aircraft of the medium wake class. */
  size: number;
  /** Slots of the selected and the hovered aircraft; -1 for none. */
  selected: number;
  hovered: number;
  ring: [number, number, number, number];
  outline: [number, number, number, number];
};

const BLOCK = `\
layout(std140) uniform aircraftUniforms {
  float now;
  float glide;
  float degreesPerPixel;
  float size;
  float selected;
  float hovered;
  vec4 ring;
  vec4 outline;
} aircraft;
`;

export const aircraftUniforms = {
  name: "aircraft",
  vs: BLOCK,
  fs: BLOCK,
  uniformTypes: {
    now: "f32",
    glide: "f32",
    degreesPerPixel: "f32",
    size: "f32",
    selected: "f32",
    hovered: "f32",
    ring: "vec4<f32>",
    outline: "vec4<f32>",
  },
} as const satisfies ShaderModule<AircraftUniforms>;

// The nose is projected as well as the aircraft, so that the icon points along the track in every projection and rotation of the map.
export const VERTEX = `\
#version 300 es
#define SHADER_NAME aircraft-vertex

in vec2 positions;
in vec2 instancePositions;
in vec4 instanceMotions;
in vec4 instanceColors;

out vec2 vCorner;
out vec4 vColor;
flat out float vShape;
flat out float vMark;

const float ENLARGED = 1.9;
const float SIZES[${SHAPE_SIZES.length}] = float[](${SHAPE_SIZES.map((size) => size.toFixed(2)).join()});

${GLIDE}
void main() {
  if (instancePositions.y > 90.0) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  float age = max(aircraft.now - instanceMotions.z, 0.0);
  float track = max(instanceMotions.x, 0.0);
  vec2 here = extrapolate(instancePositions, instanceMotions, age, aircraft.glide);
  gl_Position = project_degrees(here);

  vec4 nose = project_degrees(advance(here, track, 24.0 * aircraft.degreesPerPixel));
  vec2 along = (nose.xy / nose.w - gl_Position.xy / gl_Position.w) * project.viewportSize;
  vec2 ahead = length(along) > 0.0 ? normalize(along) : vec2(0.0, 1.0);
  vec2 aside = vec2(ahead.y, -ahead.x);

  float slot = float(gl_InstanceID);
  bool isMarked = slot == aircraft.selected || slot == aircraft.hovered;
  vMark = slot == aircraft.selected ? 1.0 : slot == aircraft.hovered ? 0.5 : 0.0;
  float scale = isMarked ? ENLARGED : 1.0;
  float size = aircraft.size * SIZES[int(instanceMotions.w)];
  vec2 pixels = (positions.x * aside + positions.y * ahead) * 0.5 * size * scale;
  gl_Position.xy += project_pixel_size_to_clipspace(pixels);

  vCorner = positions * scale;
  vShape = instanceMotions.w;
  // Old positions fade, but stay visible.
  float fade = 1.0 - 0.65 * smoothstep(20.0, 120.0, age);
  vColor = vec4(instanceColors.rgb, instanceColors.a * fade);
}
`;

export const FRAGMENT = `\
#version 300 es
#define SHADER_NAME aircraft-fragment
precision highp float;

uniform sampler2D atlas;

in vec2 vCorner;
in vec4 vColor;
flat in float vShape;
flat in float vMark;

out vec4 fragColor;

const float COLUMNS = ${ATLAS_COLUMNS.toFixed(1)};
const float ROWS = ${ATLAS_ROWS.toFixed(1)};

void main() {
  bool isInside = max(abs(vCorner.x), abs(vCorner.y)) < 1.0;
  vec2 cell = vec2(mod(vShape, COLUMNS), floor(vShape / COLUMNS));
  vec2 place = (cell + 0.5 + vec2(0.5, -0.5) * vCorner) / vec2(COLUMNS, ROWS);
  // Sampled outside too, as the derivatives of a texture need all fragments of a block.
  vec4 texel = texture(atlas, place);
  float cover = isInside ? texel.a : 0.0;
  vec3 colour = mix(aircraft.outline.rgb, vColor.rgb, texel.r / max(texel.a, 0.001));
  float alpha = cover * vColor.a * layer.opacity;

  float distance = length(vCorner);
  float width = fwidth(distance);
  float ring = (1.0 - smoothstep(width, 2.0 * width, abs(distance - 1.55))) * vMark;
  float glow = (1.0 - smoothstep(0.0, 1.55, distance)) * 0.22 * vMark;
  float marked = max(ring, glow) * aircraft.ring.a * (1.0 - alpha);
  float total = alpha + marked;
  fragColor = vec4((colour * alpha + aircraft.ring.rgb * marked) / max(total, 0.001), total);
  if (fragColor.a < 0.01) {
    discard;
  }
}
`;
