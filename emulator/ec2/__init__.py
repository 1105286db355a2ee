"""The emulated EC2: snapshots, images, locks, volumes and tags, with the refusals of the real one."""
