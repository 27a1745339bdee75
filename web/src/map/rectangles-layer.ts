/** A deck.gl layer that draws a rectangle for each of its instances, all in one call. */

import { Layer } from "@deck.gl/core";
import { Geometry, Model } from "@luma.gl/engine";

const CORNERS = new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]);

export abstract class RectanglesLayer<Props extends object> extends Layer<Props> {
  /** Returns the model of the rectangles, whose corners the shaders receive as `positions`. */
  protected createModel(shaders: ReturnType<Layer["getShaders"]>): Model {
    return new Model(this.context.device, {
      ...shaders,
      id: this.props.id,
      bufferLayout: this.getAttributeManager()?.getBufferLayouts() ?? [],
      geometry: new Geometry({
        topology: "triangle-strip",
        attributes: { positions: { size: 2, value: CORNERS } },
      }),
      isInstanced: true,
    });
  }
}
