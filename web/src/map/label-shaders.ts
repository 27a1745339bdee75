/** The shaders of labels: one rectangle for each label, whose fragments look up their character. */

import type { ShaderModule } from "@luma.gl/shadertools";
import { GLIDE } from "./glide-shader.ts";
import { GLYPH_COLUMNS } from "./label-glyphs.ts";
import { MAX_COLUMNS } from "./label-text.ts";

// Not an interface: luma.gl requires an index signature, which TypeScript infers for types only.
export type LabelUniforms = {
  /** Seconds since the epoch of the buffers. */
  now: number;
  /** 1 extrapolates positions to `now`, 0 draws them as received. */
  glide: number;
  /** Pixels around a character in the texture. */
  margin: number;
  /** Width and height of a character, in pixels of the screen. */
  cell: [number, number];
  /** Columns and rows of a label. */
  grid: [number, number];
  text: [number, number, number, number];
  halo: [number, number, number, number];
  emergency: [number, number, number, number];
};

const BLOCK = `\
layout(std140) uniform labelUniforms {
  float now;
  float glide;
  float margin;
  vec2 cell;
  vec2 grid;
  vec4 text;
  vec4 halo;
  vec4 emergency;
} label;
`;

export const labelUniforms = {
  name: "label",
  vs: BLOCK,
  fs: BLOCK,
  uniformTypes: {
    now: "f32",
    glide: "f32",
    margin: "f32",
    cell: "vec2<f32>",
    grid: "vec2<f32>",
    text: "vec4<f32>",
    halo: "vec4<f32>",
    emergency: "vec4<f32>",
  },
} as const satisfies ShaderModule<LabelUniforms>;

// Labels begin at whole pixels of the screen, as texts that lie between pixels are blurred.
export const VERTEX = `\
#version 300 es
#define SHADER_NAME label-vertex

in vec2 positions;
in vec2 instancePositions;
in vec4 instanceMotions;
in vec2 instanceOffsets;
in uvec4 instanceTexts;
in uvec4 instanceTextEnds;

out vec2 vPixel;
flat out uvec4 vText;
flat out uvec4 vTextEnd;
flat out float vEmergency;
flat out float vFade;

${GLIDE}
void main() {
  float age = max(label.now - instanceMotions.z, 0.0);
  vec4 place = project_degrees(extrapolate(instancePositions, instanceMotions, age, label.glide));
  vec2 anchor = (place.xy / place.w * 0.5 + 0.5) * project.viewportSize;
  vec2 corner = vec2(positions.x, -positions.y) * 0.5 + 0.5;
  vPixel = corner * (label.cell * label.grid + 2.0 * label.margin) - label.margin;
  vec2 down = floor(vec2(anchor.x, -anchor.y) + instanceOffsets + 0.5) + vPixel;
  gl_Position = vec4(vec2(down.x, -down.y) / project.viewportSize * 2.0 - 1.0, place.z / place.w, 1.0);
  vText = instanceTexts;
  vTextEnd = instanceTextEnds;
  vEmergency = instanceMotions.w;
  // Labels of old positions fade as their aircraft, but stay legible.
  vFade = 1.0 - 0.35 * smoothstep(20.0, 120.0, age);
}
`;

// The line around a character reaches into the cells beside it, so each fragment looks at three.
export const FRAGMENT = `\
#version 300 es
#define SHADER_NAME label-fragment
precision highp float;
precision highp int;

uniform sampler2D glyphs;

in vec2 vPixel;
flat in uvec4 vText;
flat in uvec4 vTextEnd;
flat in float vEmergency;
flat in float vFade;

out vec4 fragColor;

const int COLUMNS = ${MAX_COLUMNS};
const int GLYPH_COLUMNS = ${GLYPH_COLUMNS};

int codeAt(int index) {
  uint four = index < 16 ? vText[index >> 2] : vTextEnd[(index - 16) >> 2];
  return int((four >> uint(8 * (index & 3))) & 255u) - 32;
}

void main() {
  ivec2 cell = ivec2(label.cell);
  ivec2 grid = ivec2(label.grid);
  int margin = int(label.margin);
  ivec2 pixel = ivec2(floor(vPixel));
  int middle = int(floor(float(pixel.x) / float(cell.x)));
  int row = clamp(pixel.y / cell.y, 0, grid.y - 1);
  float filled = 0.0;
  float covered = 0.0;
  for (int column = middle - 1; column <= middle + 1; column++) {
    int code = column < 0 || column >= grid.x ? 0 : codeAt(row * COLUMNS + column);
    ivec2 within = pixel - ivec2(column, row) * cell + margin;
    ivec2 side = cell + 2 * margin;
    if (code > 0 && all(greaterThanEqual(within, ivec2(0))) && all(lessThan(within, side))) {
      ivec2 origin = ivec2(code % GLYPH_COLUMNS, code / GLYPH_COLUMNS) * side;
      vec4 texel = texelFetch(glyphs, origin + within, 0);
      filled = max(filled, texel.r);
      covered = max(covered, texel.a);
    }
  }
  vec4 text = mix(label.text, label.emergency, vEmergency);
  fragColor = vec4(mix(label.halo.rgb, text.rgb, filled), covered * vFade * layer.opacity);
  if (fragColor.a < 0.01) {
    discard;
  }
}
`;
