/**
 * Conversations between people and models: messages, images, and the processor that makes token ids of them and
 * text of token ids.
 */
package carve.api.text;
