// Package model holds what was learned and scores prompts with it: linear weights over hashed features, and forests of
// small trees over dense ones. It knows no task and no file: see policy/classify for what is learned, and the package
// train for how.
package model
