"""What a run is shown: its crops, and the photos that are held out to be looked at."""

from __future__ import annotations

from engine.errors import ConfigError
from engine.training.augment import NO_AUGMENT
from engine.training.cache import PhotoStore, open_photos
from engine.training.dataset import is_tune_image, read_photos
from engine.training.material import Material
from engine.training.recipe import TrainOptions
from engine.training.samples import BatchDataset, BatchPlan, CropMaker
from engine.training.targets import TargetBatch


def make_crops(options: TrainOptions) -> CropMaker:
    """The crops of a run, photos decoded and cached."""
    photos = read_photos(options.data, annotations=options.annotations)
    if options.hold_out:
        photos = [p for p in photos if not is_tune_image(p.image_id)]
    if options.only_people:
        photos = [p for p in photos if p.shows_people]
    if options.only_exact:
        photos = [p for p in photos if p.exact]
    if not photos:
        raise ConfigError(f"{options.data} has no photos of this kind.", "Ask for fewer things.")
    store = open_photos(photos, options.cache or options.out / "cache")
    extra = options.recipe != "paper"
    cutouts = tuple(sorted((options.data / "cutouts").glob("*"))) if extra else ()
    rooms = tuple(sorted((options.data / "rooms").glob("*"))) if extra and cutouts else ()
    material = Material(store, cutouts, rooms)
    return CropMaker(material, options.batch, options.augment, options.seed)


def held_out_batch(options: TrainOptions, maker: CropMaker, count: int = 4) -> TargetBatch:
    """Whole photos that are not trained on, to be looked at; where none are, others."""
    photos = [p for p in read_photos(options.data, annotations=options.annotations) if p.people]
    held = [p for p in photos if is_tune_image(p.image_id)] or photos
    store = PhotoStore(held[:: max(1, len(held) // count)][:count])
    side = max(options.batch.long_sides)
    crops = CropMaker(Material(store), maker.batch, NO_AUGMENT, options.seed)
    plan = BatchPlan(0, (side, side), tuple(range(len(store))))
    return BatchDataset(crops)[plan]
