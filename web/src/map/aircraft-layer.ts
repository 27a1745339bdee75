/** The deck.gl layer of all aircraft: one instanced draw call from typed arrays. */

import { type Layer, project32 } from "@deck.gl/core";
import type { Texture } from "@luma.gl/core";
import type { Model } from "@luma.gl/engine";
import type { AircraftBuffers } from "./aircraft-buffers.ts";
import { type AircraftUniforms, aircraftUniforms, FRAGMENT, VERTEX } from "./aircraft-shaders.ts";
import { RectanglesLayer } from "./rectangles-layer.ts";
import { drawAtlas } from "./shape-atlas.ts";

export interface AircraftLayerProps {
  uniforms: AircraftUniforms;
  /** Called with the number of slots after each draw, except while the shaders are compiled. */
  onDrawn?: (aircraft: number) => void;
}

/** Returns the `data` of the layer; deck.gl uploads the arrays only when it gets a new object. */
export function aircraftData(buffers: AircraftBuffers) {
  return {
    length: buffers.length,
    attributes: {
      instancePositions: { value: buffers.positions, size: 2 },
      instanceMotions: { value: buffers.motions, size: 4 },
      instanceColors: { value: buffers.colours, size: 4, normalized: true },
    },
  };
}

interface State {
  [key: string]: unknown;
  model: Model;
  atlas: Texture;
}

export class AircraftLayer extends RectanglesLayer<AircraftLayerProps> {
  static override layerName = "AircraftLayer";
  static override defaultProps = {
    uniforms: { type: "object", value: null, compare: false },
    onDrawn: { type: "function", value: () => {} },
  };
  declare state: State;

  override getShaders() {
    return super.getShaders({ vs: VERTEX, fs: FRAGMENT, modules: [project32, aircraftUniforms] });
  }

  override initializeState(): void {
    this.getAttributeManager()?.addInstanced({
      instancePositions: { size: 2, type: "float32", noAlloc: true },
      instanceMotions: { size: 4, type: "float32", noAlloc: true },
      instanceColors: { size: 4, type: "unorm8", noAlloc: true },
    });
    this.setState({ atlas: this.createAtlas(), model: this.createModel(this.getShaders()) });
  }

  override draw(): void {
    const { model, atlas } = this.state;
    model.setInstanceCount(this.getNumInstances());
    model.setBindings({ atlas });
    model.shaderInputs.setProps({ aircraft: this.props.uniforms });
    if (model.draw(this.context.renderPass)) {
      this.props.onDrawn?.(this.getNumInstances());
    }
  }

  override finalizeState(context: Parameters<Layer["finalizeState"]>[0]): void {
    super.finalizeState(context);
    this.state.atlas.destroy();
  }

  private createAtlas(): Texture {
    const canvas = drawAtlas();
    const { width, height } = canvas;
    const { device } = this.context;
    const atlas = device.createTexture({
      width,
      height,
      format: "rgba8unorm",
      mipLevels: Math.floor(Math.log2(Math.max(width, height))) + 1,
      sampler: { minFilter: "linear", magFilter: "linear", mipmapFilter: "linear" },
    });
    atlas.copyExternalImage({ image: canvas });
    atlas.generateMipmapsWebGL();
    return atlas;
  }
}

export type AircraftLayerData = ReturnType<typeof aircraftData>;
