//! The model's rules, table by table and property by property.

#[cfg(test)]
mod allocations;
#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod buckets;
#[cfg(test)]
mod control_branches;
#[cfg(test)]
mod control_channels;
#[cfg(test)]
mod control_consequences;
#[cfg(test)]
mod control_issuing;
#[cfg(test)]
mod control_renewal;
#[cfg(test)]
mod control_rollouts;
#[cfg(test)]
mod control_scene;
#[cfg(test)]
mod control_targeting;
#[cfg(test)]
mod control_updates;
#[cfg(test)]
mod decide_filters;
#[cfg(test)]
mod decide_properties;
#[cfg(test)]
mod decide_reasons;
#[cfg(test)]
mod decide_walk;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod names;
#[cfg(test)]
mod newtypes;
#[cfg(test)]
mod phone;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod roll_back;
#[cfg(test)]
mod rule_limits;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod scene;
