/** Opening and saving of models: folders in the Hugging Face layout, and GGUF files. */
package carve.runtime.model;
