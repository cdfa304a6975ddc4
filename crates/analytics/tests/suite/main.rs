//! Analytics as others see it, against the text of its specification.

mod charts;
mod executor;
mod kpi;
mod naive;
mod place;
mod world;
