// A small price book for tests: round numbers, so that what they make can be worked out by hand.
#pragma once

#include "proto/prices.pb.h"

namespace weir::test {

// In USD; one region, "home", with one instance class, "small".
inline v1::PriceBook SamplePrices() {
  v1::PriceBook book;
  book.set_name("test book");
  book.set_date("2026-11-21");
  book.set_currency("USD");
  v1::RegionPrices* region = book.add_regions();
  region->set_name("home");
  v1::CosmosPrices* cosmos = region->mutable_cosmos();
  cosmos->mutable_manual_per_100_ru_hour()->set_amount(0.008);
  cosmos->mutable_autoscale_per_100_ru_hour()->set_amount(0.012);
  cosmos->mutable_serverless_per_million_ru()->set_amount(0.25);
  cosmos->mutable_storage_per_gb_month()->set_amount(0.25);
  cosmos->set_manual_step(100);
  cosmos->set_manual_least(400);
  cosmos->set_autoscale_step(1000);
  cosmos->set_autoscale_floor(0.1);
  cosmos->set_serverless_most(5000);
  v1::InstancePrice* instance = region->mutable_postgres()->add_instances();
  instance->set_name("small");
  instance->mutable_per_hour()->set_amount(0.1);
  region->mutable_postgres()->mutable_storage_per_gib_month()->set_amount(0.5);
  return book;
}

}  // namespace weir::test
