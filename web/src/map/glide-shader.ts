/** The part of the vertex shaders that extrapolates positions, as positionOf in dead-reckoning.ts does. */

import { MAX_GLIDE_S, METRES_PER_DEGREE } from "./dead-reckoning.ts";

/** A motion is the track in radians or -1, the speed in m/s, and the time of the position. */
export const GLIDE = `\
vec2 advance(vec2 from, float track, float degrees) {
  float stretch = max(cos(radians(from.y)), 0.01);
  return from + degrees * vec2(sin(track) / stretch, cos(track));
}

vec4 project_degrees(vec2 point) {
  return project_position_to_clipspace(vec3(point, 0.0), vec3(0.0), vec3(0.0));
}

vec2 extrapolate(vec2 from, vec4 motion, float age, float glide) {
  float seconds = min(age, ${MAX_GLIDE_S.toFixed(1)}) * glide;
  return advance(from, max(motion.x, 0.0), motion.y * seconds / ${METRES_PER_DEGREE.toFixed(1)});
}
`;
