// Package jsonin reads members of a client's request as the types that they should have. It knows JSON's types and how
// a fault is worded, and no schema's members. The body must have been found to be valid JSON: see jsonscan.
package jsonin
