// Student's t distribution. Pure.
//
// Source: by the incomplete beta function, continued fraction 8.17.22 of the NIST Digital Library
// of Mathematical Functions, evaluated by Lentz's method.
#pragma once

namespace weir {

// The two-sided probability of a value as far from zero as t, at so many degrees of freedom (> 0).
double StudentP(double t, double freedom);

}  // namespace weir
