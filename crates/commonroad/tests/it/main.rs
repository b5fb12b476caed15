//! CommonRoad scenarios, at the public seam.
