/**
 * Images with questions and answers: the LLaVA file format, and a generated data set of coloured shapes.
 *
 * <p>{@link carve.models.data.LlavaFile} reads LLaVA-style JSON. {@link carve.models.data.ShapesDataset} is a function:
 * seed, split and index give a {@link carve.models.data.Scene}, a scene gives its image and its {@link
 * carve.models.data.Question}s, the same bits every time and on every number of threads. A scene's description decides
 * its split, so no test scene is ever trained on, whatever the seeds. {@link carve.models.data.ShapesDatasetWriter}
 * writes them as files; {@link carve.models.data.ShapesTokenizer} is a tokenizer of their vocabulary.
 *
 * {@snippet :
 * var data = new ShapesDataset(ShapesConfig.standard(42));
 * Scene scene = data.scene(Split.TRAIN, 0);
 * scene.description();        // a red circle top left and a blue square bottom right
 * data.render(scene);         // 64 x 64 pixels
 * data.questions(scene);      // how many shapes are there? two; ...
 * }
 */
package carve.models.data;
