/** The deck.gl layer of all labels: one instanced draw call, with a rectangle for each label. */

import { type Layer, project32 } from "@deck.gl/core";
import type { Texture } from "@luma.gl/core";
import type { Model } from "@luma.gl/engine";
import type { Glyphs } from "./label-glyphs.ts";
import { FRAGMENT, type LabelUniforms, labelUniforms, VERTEX } from "./label-shaders.ts";
import { RectanglesLayer } from "./rectangles-layer.ts";

export interface LabelLayerProps {
  uniforms: LabelUniforms;
  glyphs: Glyphs;
}

interface State {
  [key: string]: unknown;
  model: Model;
  texture: Texture;
  /** What the texture shows. */
  glyphs: Glyphs;
}

export class LabelLayer extends RectanglesLayer<LabelLayerProps> {
  static override layerName = "LabelLayer";
  static override defaultProps = {
    uniforms: { type: "object", value: null, compare: false },
    glyphs: { type: "object", value: null, compare: false },
  };
  declare state: State;

  override getShaders() {
    return super.getShaders({ vs: VERTEX, fs: FRAGMENT, modules: [project32, labelUniforms] });
  }

  override initializeState(): void {
    this.getAttributeManager()?.addInstanced({
      instancePositions: { size: 2, type: "float32", noAlloc: true },
      instanceMotions: { size: 4, type: "float32", noAlloc: true },
      instanceOffsets: { size: 2, type: "float32", noAlloc: true },
      instanceTexts: { size: 4, type: "uint32", noAlloc: true },
      instanceTextEnds: { size: 4, type: "uint32", noAlloc: true },
    });
    const { glyphs } = this.props;
    this.setState({
      texture: this.createTexture(glyphs),
      glyphs,
      model: this.createModel(this.getShaders()),
    });
  }

  override draw(): void {
    const { model } = this.state;
    this.replaceTexture();
    model.setInstanceCount(this.getNumInstances());
    model.setBindings({ glyphs: this.state.texture });
    model.shaderInputs.setProps({ label: this.props.uniforms });
    model.draw(this.context.renderPass);
  }

  override finalizeState(context: Parameters<Layer["finalizeState"]>[0]): void {
    super.finalizeState(context);
    this.state.texture.destroy();
  }

  /** Takes over the characters of another size. */
  private replaceTexture(): void {
    const { glyphs } = this.props;
    if (glyphs !== this.state.glyphs) {
      this.state.texture.destroy();
      this.state.texture = this.createTexture(glyphs);
      this.state.glyphs = glyphs;
    }
  }

  private createTexture({ canvas }: Glyphs): Texture {
    const { width, height } = canvas;
    const texture = this.context.device.createTexture({
      width,
      height,
      format: "rgba8unorm",
      sampler: { minFilter: "nearest", magFilter: "nearest" },
    });
    texture.copyExternalImage({ image: canvas });
    return texture;
  }
}
