"""The tag keys, and EC2's limits for tags. No other module writes a key as a literal."""

# On an instance; Backup also on a volume.
BACKUP = "Backup"
RETENTION = "Retention"
SCHEDULE = "Schedule"
COPY_RETENTION = "Copy_Retention"
CONSISTENCY = "Consistency"
NAME = "Name"
# On an instance and on its snapshots.
COPY_DEST = "Copy_Dest"
COPY_KMS_KEY = "Copy_KmsKey"
# On a snapshot.
TYPE = "Type"
AUTOMATED = "Automated"
CRASH = "crash"
STOPPED = "stopped"
DELETE_ON = "DeleteOn"
KEEP_FOREVER = "KeepForever"
COPY_DELETE_ON = "Copy_DeleteOn"
BACKUP_SLOT = "Backup_Slot"
SOURCE_INSTANCE_ID = "Source_InstanceId"
SOURCE_VOLUME_ID = "Source_VolumeId"
SOURCE_DEVICE = "Source_Device"
SOURCE_SNAPSHOT_ID = "Source_SnapshotId"
SOURCE_REGION = "Source_Region"
# How many volumes a set has; Source_Volumes_1 and so on name them.
SOURCE_VOLUMES = "Source_Volumes"
SOURCE_VOLUMES_1 = "Source_Volumes_1"
# Only earlier versions wrote these.
SOURCE_VOLUME_TYPE = "Source_VolumeType"
SOURCE_IOPS = "Source_Iops"
SOURCE_THROUGHPUT = "Source_Throughput"
SOURCE_START_TIME = "Source_StartTime"
COPY_TRY = "Copy_Try"
COPY_AFTER = "Copy_After"
COPIES_WAIT = "Copies_Wait"
# VSS says with these what its snapshots are, and refuses to be given them. On anything else they would be untrue.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-vss-snapshots-ssm.html
APP_CONSISTENT = "AppConsistent"
VSS_KEYS = frozenset(key.casefold() for key in ("Device", APP_CONSISTENT, "AwsVssConfig"))
# A filter for the name that all snapshots of a set have until they get the tags of their volumes.
NAMES_OF_SETS = "* (i-*)"
# On a volume that the command line restored.
RESTORED_FROM = "Restored_From"
RESTORED_FOR = "Restored_For"
INSTANCE_KEYS = (BACKUP, RETENTION, SCHEDULE, COPY_DEST, COPY_RETENTION, COPY_KMS_KEY, CONSISTENCY)
SNAPSHOT_KEYS = (
    TYPE, DELETE_ON, KEEP_FOREVER, COPY_DEST, COPY_KMS_KEY, COPY_DELETE_ON, BACKUP_SLOT,
    SOURCE_INSTANCE_ID, SOURCE_VOLUME_ID, SOURCE_DEVICE, CONSISTENCY, SOURCE_SNAPSHOT_ID,
    SOURCE_REGION, COPY_TRY, NAME, SOURCE_VOLUME_TYPE, SOURCE_IOPS, SOURCE_THROUGHPUT, SOURCE_VOLUMES,
    SOURCE_VOLUMES_1, SOURCE_START_TIME, COPY_AFTER, COPIES_WAIT,
)  # fmt: skip
RESTORED_KEYS = (RESTORED_FROM, RESTORED_FOR)
OWN_KEYS = frozenset(INSTANCE_KEYS + SNAPSHOT_KEYS + RESTORED_KEYS)
# Tags of a copy that are added again if they are missing.
HEALED_KEYS = (SOURCE_INSTANCE_ID, SOURCE_DEVICE, NAME)
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
MAX_TAGS = 50
MAX_VALUE_LENGTH = 256
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html
MAX_DESCRIPTION_LENGTH = 255
MAX_DEVICE_LENGTH = 100
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
TYPES_WITH_IOPS = frozenset({"gp3", "io1", "io2"})
TYPES_WITH_THROUGHPUT = frozenset({"gp3"})
